// Formats numbers and times like web.PageText on the server.
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** 1500000 → "1.5 MB". */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** 4020 → "1 h 7 min". */
export function seconds(count) {
  if (count < 60) {
    return `${count} s`;
  }
  const minutes = Math.floor(count / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) {
    return `${Math.floor(hours / 24)} days`;
  }
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

/** The time of day in the local time zone. */
export function clock(time) {
  return CLOCK.format(time);
}

/** Converts all exact times below the element to the local time zone. */
export function localizeTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    time.title = EXACT.format(at);
    if ('clock' in time.dataset) {
      time.textContent = CLOCK.format(at);
    }
  }
}
