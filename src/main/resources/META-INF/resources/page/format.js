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

/** 4000 → "1 h 7 min". */
export function seconds(count) {
  if (count < 60) {
    return `${count} s`;
  }
  const minutes = Math.floor(count / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The reader's own time. */
export function time(iso) {
  return new Date(iso).toLocaleString();
}

/** PROCESSING → "Processing". */
export function stateName(state) {
  return state.charAt(0) + state.slice(1).toLowerCase();
}
