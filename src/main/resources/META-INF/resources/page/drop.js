// Uploads files that the user drops onto the page or chooses, one after the other.
import { bytes } from './format.js';
import { refreshSoon } from './live.js';
import { problemText, showAlert, showNotice } from './notices.js';

const STOPPED = 'stopped; nothing was stored in the folder';

const waiting = [];
let running = false;

export function start() {
  if (!document.getElementById('files')) {
    return;
  }
  let depth = 0; // dragenter and dragleave also fire for child elements
  const mark = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    document.body.classList.toggle('dragging', depth > 0);
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
  window.addEventListener('beforeunload', (event) => running && event.preventDefault());
}

function take(files) {
  // a sidecar must be in the folder before its image settles
  const isSidecar = (file) => /\.(yaml|json)$/i.test(file.name);
  files.sort((one, other) => isSidecar(other) - isSidecar(one));
  for (const file of files) {
    waiting.push(entry(file));
  }
  if (!running) {
    sendAll();
  }
}

function entry(file) {
  const item = document.createElement('li');
  const name = document.createElement('bdi');
  name.className = 'file';
  name.textContent = file.name;
  const progress = document.createElement('progress');
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute('aria-label', `Upload progress of ${file.name}`);
  const text = document.createElement('span');
  text.className = 'drop-text quiet';
  text.textContent = 'waiting';
  const stop = document.createElement('button');
  stop.type = 'button';
  stop.className = 'quiet-button';
  stop.textContent = 'Stop';
  stop.setAttribute('aria-label', `Stop ${file.name}`);
  item.append(name, stop, progress, text);
  document.getElementById('drops').append(item);
  const abort = new AbortController();
  stop.addEventListener('click', () => abort.abort());
  const end = (state, words) => {
    item.dataset.state = state;
    text.textContent = words;
    progress.remove();
    stop.remove();
  };
  return { file, progress, text, end, signal: abort.signal };
}

async function sendAll() {
  running = true;
  while (waiting.length > 0) {
    await send(waiting.shift());
  }
  running = false;
}

function send({ file, progress, text, end, signal }) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      end('stopped', STOPPED);
      resolve();
      return;
    }
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    signal.addEventListener('abort', () => request.abort());
    request.addEventListener('loadend', resolve);
    request.upload.addEventListener('progress', (event) => {
      progress.value = event.total === 0 ? 1 : event.loaded / event.total;
      text.textContent = `${bytes(event.loaded)} of ${bytes(event.total)}`;
    });
    request.addEventListener('load', () => {
      if (request.status === 201) {
        end('stored', `${bytes(file.size)}, in the folder`);
        showNotice(`${file.name} is in the folder.`);
        refreshSoon(0);
      } else if (request.status === 401) {
        location.reload();
      } else {
        refuse(problemText(request.status, request.responseText));
      }
    });
    request.addEventListener('error', () => refuse('The connection broke, and nothing was stored in the folder. Drop the file again.'));
    request.addEventListener('abort', () => end('stopped', STOPPED));
    const refuse = (words) => {
      end('refused', words);
      showAlert(`${file.name}: ${words}`);
    };
    request.open('PUT', `/api/v1/drop/${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
}
