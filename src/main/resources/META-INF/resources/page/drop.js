// Uploads files that the user drops onto the page or chooses, one after the other. Names are checked before a byte is sent.
import { bytes } from './format.js';
import { refreshSoon } from './live.js';
import { problemText, showAlert, showNotice } from './notices.js';

const STOPPED = 'stopped; nothing was stored in the folder';
const LOST = 'The connection was lost. The file is sent again when the daemon answers.';
const LOST_AGAIN = 'The connection was lost several times.';
const MAX_LOSSES = 5;
const RETRY_MS = 3000;

const waiting = [];
const lost = [];
let running = false;

export function start() {
  if (!document.getElementById('files')) {
    return;
  }
  let depth = 0; // dragenter and dragleave also fire for child elements
  const mark = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    document.documentElement.classList.toggle('dragging', depth > 0); // a refresh touches only the body
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragenter', (event) => carriesFiles(event) && mark(1));
  document.addEventListener('dragleave', (event) => carriesFiles(event) && mark(-1));
  document.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener('drop', (event) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      mark(0);
      take([...event.dataTransfer.files]);
    }
  });
  document.getElementById('files').addEventListener('change', (event) => {
    take([...event.target.files]);
    event.target.value = ''; // so that the same file can be chosen again
  });
  document.getElementById('clear-drops').addEventListener('click', clear);
  document.addEventListener('imageferry:online', () => lost.splice(0).forEach((entry) => entry.again()));
  window.addEventListener('beforeunload', (event) => running && event.preventDefault());
}

async function take(files) {
  // a sidecar must be in the folder before its image settles
  const isSidecar = (file) => /(\.(yaml|json|sha256)|^SHA256SUMS)$/i.test(file.name);
  files.sort((one, other) => isSidecar(other) - isSidecar(one));
  const refusals = await check(files);
  files.forEach((file, index) => {
    const added = entry(file);
    if (refusals[index]) {
      added.refuse(refusals[index]);
    } else {
      enqueue(added);
    }
  });
}

/** Asks the daemon about the names. If it does not answer, it will check them when the files are sent. */
async function check(files) {
  const query = new URLSearchParams(files.map((file) => ['name', file.name]));
  try {
    const response = await fetch(`/names?${query}`);
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

function enqueue(added) {
  waiting.push(added);
  if (!running) {
    sendAll();
  }
}

async function sendAll() {
  running = true;
  while (waiting.length > 0) {
    await send(waiting.shift());
  }
  running = false;
}

function clear() {
  for (const item of document.querySelectorAll('#drops li[data-state]:not([data-state="lost"])')) {
    item.remove();
  }
  document.getElementById('clear-drops').hidden = true;
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A file in the list, with its progress and what can be done with it. */
function entry(file) {
  const item = document.createElement('li');
  const progress = document.createElement('progress');
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute('aria-label', `Upload progress of ${file.name}`);
  const text = element('span', 'drop-text quiet', 'waiting');
  const button = element('button', 'small plain-button', 'Stop');
  button.type = 'button';
  button.setAttribute('aria-label', `Stop ${file.name}`);
  item.append(element('bdi', 'file', file.name), button, progress, text);
  document.getElementById('drops').append(item);
  const added = { file, stopped: false, request: null, losses: 0 };
  button.addEventListener('click', () => (item.dataset.state === 'lost' ? added.again() : added.stop()));
  added.show = (loaded, total) => {
    progress.value = total === 0 ? 1 : loaded / total;
    text.textContent = `${bytes(loaded)} of ${bytes(total)}`;
  };
  added.end = (state, words) => {
    item.dataset.state = state;
    text.textContent = words;
    progress.hidden = true;
    button.hidden = true;
    document.getElementById('clear-drops').hidden = false;
  };
  added.refuse = (words) => {
    added.end('refused', words);
    showAlert(`${file.name}: ${words}`);
  };
  added.lose = () => {
    added.losses++;
    const automatic = added.losses < MAX_LOSSES;
    added.end('lost', automatic ? LOST : LOST_AGAIN);
    button.hidden = false;
    button.textContent = 'Send again';
    button.setAttribute('aria-label', `Send ${file.name} again`);
    if (automatic && 'offline' in document.documentElement.dataset) {
      lost.push(added);
    } else if (automatic) {
      setTimeout(added.again, RETRY_MS);
    }
  };
  added.again = () => {
    if (item.dataset.state !== 'lost') {
      return;
    }
    delete item.dataset.state;
    progress.hidden = false;
    progress.value = 0;
    text.textContent = 'waiting';
    button.textContent = 'Stop';
    button.setAttribute('aria-label', `Stop ${file.name}`);
    enqueue(added);
  };
  added.stop = () => {
    added.stopped = true;
    added.request?.abort();
  };
  return added;
}

function send(added) {
  const { file } = added;
  return new Promise((resolve) => {
    if (added.stopped) {
      added.end('stopped', STOPPED);
      resolve();
      return;
    }
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    added.request = request;
    request.addEventListener('loadend', resolve);
    request.upload.addEventListener('progress', (event) => added.show(event.loaded, event.total));
    request.addEventListener('load', () => {
      if (request.status === 201) {
        added.end('stored', `${bytes(file.size)}, in the folder`);
        showNotice(`${file.name} is in the folder.`);
        refreshSoon(0);
      } else if (request.status === 401) {
        location.reload();
      } else if (request.status === 409 && added.losses > 0) {
        added.end('stored', 'in the folder: the first attempt had arrived, or the name was taken before');
      } else {
        added.refuse(problemText(request.status, request.responseText));
      }
    });
    request.addEventListener('error', () => added.lose());
    request.addEventListener('abort', () => added.end('stopped', STOPPED));
    request.open('PUT', `/api/v1/drop/${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
}
