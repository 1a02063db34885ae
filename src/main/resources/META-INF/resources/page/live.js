// Keeps the page up to date. After each event, and every few seconds for changes without an event, it fetches the current URL
// and updates what differs.
import { bytes, clock, localizeTimes, seconds } from './format.js';
import { morph } from './morph.js';
import { applySelection } from './selection.js';

const MIN_INTERVAL_MS = 1000;
const MAX_INTERVAL_MS = 3000;
const RECONNECT_DELAY_MS = 2000;

let source = null;
let reconnect = 0;
let timer = 0;
let due = Infinity;
let lastFetch = 0;
let fetching = null;
let lastSuccess = new Date();
const rates = new Map();

export function start() {
  localizeTimes(document);
  document.addEventListener('visibilitychange', () => (document.hidden ? sleep() : wake()));
  window.addEventListener('pagehide', sleep);
  window.addEventListener('pageshow', (event) => event.persisted && wake());
  wake();
}

/** A hidden page makes no requests and holds no connection, because browsers limit the connections per host. */
function sleep() {
  clearTimeout(timer);
  due = Infinity;
  clearTimeout(reconnect);
  source?.close();
  source = null;
}

function wake() {
  connect();
  refreshSoon(MAX_INTERVAL_MS);
}

function connect() {
  clearTimeout(reconnect);
  source?.close();
  source = new EventSource('/api/v1/stream');
  source.addEventListener('open', () => {
    online();
    refreshSoon(0);
  });
  source.addEventListener('job', (event) => {
    rates.delete(JSON.parse(event.data).id);
    refreshSoon(0);
  });
  source.addEventListener('progress', (event) => showProgress(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    offline('Disconnected');
    if (source?.readyState === EventSource.CLOSED) { // EventSource does not reconnect after an answer that is not a stream
      reconnect = setTimeout(connect, RECONNECT_DELAY_MS);
    }
  });
}

function connection(text, state) {
  const element = document.getElementById('connection');
  if (element.textContent !== text) {
    element.textContent = text;
    element.dataset.state = state;
  }
}

/** The page stays readable, but says that it is old, and nothing can be changed. */
function offline(why) {
  connection(why, 'lost');
  const banner = document.getElementById('offline');
  if (banner.hidden) {
    banner.dataset.since = clock(lastSuccess);
    banner.hidden = false;
    document.documentElement.dataset.offline = '';
    for (const control of document.querySelectorAll('header button, header input, main button:not([data-copy]), main input, main select, .bulk button')) {
      if (!control.disabled && !control.closest('#drop')) {
        control.disabled = true;
        control.dataset.offline = '';
      }
    }
  }
  const text = `${why} since ${banner.dataset.since}. The page shows the state of that time. Reconnecting …`;
  if (banner.textContent !== text) {
    banner.textContent = text;
  }
}

function online() {
  connection('Live', 'live');
  const banner = document.getElementById('offline');
  if (banner.hidden) {
    return;
  }
  banner.hidden = true;
  delete document.documentElement.dataset.offline;
  for (const control of document.querySelectorAll('[data-offline]')) {
    control.disabled = false;
    control.removeAttribute('data-offline');
  }
  document.dispatchEvent(new Event('imageferry:online'));
}

function showProgress(progress) {
  rates.set(progress.id, progress);
  moveBar(document.getElementById(`job-${progress.id}`), progress);
}

function moveBar(row, progress) {
  if (row?.dataset.phase !== 'uploading') {
    return;
  }
  const total = Number(row.dataset.bytes);
  const percent = total === 0 ? 0 : Math.floor((progress.bytesSent * 1000) / total) / 10;
  row.querySelector('progress').value = percent;
  const parts = [`${percent.toFixed(1)} %`];
  if (progress.bytesPerSecond > 0) {
    parts.push(`${bytes(progress.bytesPerSecond)}/s`);
    parts.push(`${seconds(Math.floor((total - progress.bytesSent) / progress.bytesPerSecond))} left`);
  }
  row.querySelector('[data-moves]').textContent = parts.join(' · ');
}

/** Schedules a refresh after the delay, but at most one per second. */
export function refreshSoon(delay) {
  const at = Math.max(performance.now() + delay, lastFetch + MIN_INTERVAL_MS);
  if (document.hidden || at >= due) {
    return;
  }
  due = at;
  clearTimeout(timer);
  timer = setTimeout(refreshUnlessRunning, at - performance.now());
}

function refreshUnlessRunning() {
  due = Infinity;
  if (fetching) {
    refreshSoon(MIN_INTERVAL_MS);
  } else {
    refresh();
  }
}

/** Fetches the current URL and updates the page. */
export async function refresh() {
  fetching?.abort(); // the answer may be for a previous URL
  const own = new AbortController();
  fetching = own;
  lastFetch = performance.now();
  try {
    const address = location.href;
    const response = await fetch(address, { headers: { Accept: 'text/html' }, cache: 'no-store', signal: own.signal });
    if (response.status === 401) {
      location.reload(); // shows the log-in form
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (own.signal.aborted) {
      return;
    }
    if (response.status >= 500) {
      offline(page.getElementById('problem')?.textContent ?? `The daemon answers with status ${response.status}`);
    } else if (!response.ok) {
      location.reload(); // shows the error page of the server
      return;
    } else {
      show(page);
    }
  } catch (error) {
    if (error.name === 'AbortError') {
      return;
    }
    offline('Disconnected');
  } finally {
    if (fetching === own) {
      fetching = null;
    }
  }
  refreshSoon(MAX_INTERVAL_MS);
}

function show(page) {
  lastSuccess = new Date();
  localizeTimes(page);
  document.title = page.title;
  morph(document.body, page.body);
  for (const [id, progress] of rates) {
    moveBar(document.getElementById(`job-${id}`), progress);
  }
  applySelection();
  if (source?.readyState === EventSource.OPEN) {
    online();
  }
}
