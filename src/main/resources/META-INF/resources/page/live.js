// Keeps the page as the server would write it now: whatever happens to a job, or every few seconds for all that no event
// tells of, the same address is fetched again and put in place.
import { bytes, localizeTimes, seconds } from './format.js';
import { morph } from './morph.js';
import { bytesSent, forget } from './throughput.js';

const AT_MOST_EVERY_MS = 1000;
const AT_LEAST_EVERY_MS = 3000;
const AGAIN_AFTER_MS = 2000;

let source = null;
let reconnect = 0;
let timer = 0;
let due = Infinity;
let lastFetch = 0;
let fetching = null;
const rates = new Map();

export function start() {
  localizeTimes(document);
  document.addEventListener('visibilitychange', () => (document.hidden ? sleep() : wake()));
  window.addEventListener('pagehide', sleep);
  window.addEventListener('pageshow', (event) => event.persisted && wake());
  wake();
}

/** Nobody looks: nothing is asked, and no connection is held that another tab may need. */
function sleep() {
  clearTimeout(timer);
  due = Infinity;
  clearTimeout(reconnect);
  source?.close();
  source = null;
}

function wake() {
  connect();
  refreshSoon(AT_LEAST_EVERY_MS);
}

function connect() {
  clearTimeout(reconnect);
  source?.close();
  forget();
  source = new EventSource('/api/v1/stream');
  source.addEventListener('open', () => {
    connection('Live', 'live');
    refreshSoon(0);
  });
  source.addEventListener('job', (event) => {
    const job = JSON.parse(event.data);
    bytesSent(job.id, job.progress.bytesSent);
    rates.delete(job.id);
    refreshSoon(0);
  });
  source.addEventListener('progress', (event) => showProgress(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    connection('No connection: trying again', 'lost');
    if (source?.readyState === EventSource.CLOSED) { // an answer that is no stream: the browser gives up, we do not
      reconnect = setTimeout(connect, AGAIN_AFTER_MS);
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

function showProgress(progress) {
  bytesSent(progress.id, progress.bytesSent);
  rates.set(progress.id, progress);
  moveBar(document.getElementById(`job-${progress.id}`), progress);
}

function moveBar(row, progress) {
  if (row?.dataset.state !== 'UPLOADING') {
    return;
  }
  const all = Number(row.dataset.bytes);
  const percent = all === 0 ? 0 : Math.floor((progress.bytesSent * 1000) / all) / 10;
  row.querySelector('progress').value = percent;
  const parts = [`${percent.toFixed(1)} %`, `${bytes(progress.bytesSent)} of ${bytes(all)}`];
  if (progress.bytesPerSecond > 0) {
    parts.push(`${bytes(progress.bytesPerSecond)}/s`);
    parts.push(`${seconds(Math.floor((all - progress.bytesSent) / progress.bytesPerSecond))} left`);
  }
  row.querySelector('[data-moves]').textContent = parts.join(' · ');
}

/** Has the page fetched anew so many milliseconds from now, or when the last time is long enough ago. */
export function refreshSoon(delay) {
  const at = Math.max(performance.now() + delay, lastFetch + AT_MOST_EVERY_MS);
  if (document.hidden || at >= due) {
    return;
  }
  due = at;
  clearTimeout(timer);
  timer = setTimeout(refreshUnlessUnderWay, at - performance.now());
}

function refreshUnlessUnderWay() {
  due = Infinity;
  if (fetching) {
    refreshSoon(AT_MOST_EVERY_MS);
  } else {
    refresh();
  }
}

/** Fetches the address that the browser shows and puts it in place. */
export async function refresh() {
  fetching?.abort(); // an answer to an older address
  const own = new AbortController();
  fetching = own;
  lastFetch = performance.now();
  try {
    const address = location.href;
    const response = await fetch(address, { headers: { Accept: 'text/html' }, cache: 'no-store', signal: own.signal });
    if (response.status === 401) {
      location.reload(); // the form to log in
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (own.signal.aborted) {
      return;
    }
    if (response.status >= 500) {
      connection(page.getElementById('trouble')?.textContent ?? `The daemon answers with ${response.status}`, 'lost');
    } else if (!response.ok) {
      location.reload(); // the job or the search is no more: the server says so
      return;
    } else {
      show(page);
    }
  } catch (error) {
    if (error.name === 'AbortError') {
      return;
    }
    connection('No connection: trying again', 'lost');
  } finally {
    if (fetching === own) {
      fetching = null;
    }
  }
  refreshSoon(AT_LEAST_EVERY_MS);
}

function show(page) {
  localizeTimes(page);
  document.title = page.title;
  morph(document.body, page.body);
  for (const [id, progress] of rates) {
    moveBar(document.getElementById(`job-${id}`), progress);
  }
  if (source?.readyState === EventSource.OPEN) {
    connection('Live', 'live');
  }
}
