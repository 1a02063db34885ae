// What a reader can do. All of it goes through the REST interface; the page is then fetched anew.
import { refresh } from './live.js';
import { problemText, tell, warn } from './told.js';

const TYPING_MS = 300;

export function start() {
  document.addEventListener('click', onClick);
  document.addEventListener('submit', onSubmit);
  document.addEventListener('input', onInput);
  window.addEventListener('popstate', () => {
    refresh().then(() => document.getElementById('search')?.reset());
  });
}

async function call(button, method, path, body, done) {
  button.disabled = true;
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.ok) {
      tell(done);
    } else {
      warn(problemText(response.status, await response.text()));
    }
  } catch {
    warn(problemText(0, ''));
  } finally {
    button.disabled = false;
  }
  await refresh();
}

async function onClick(event) {
  const soft = event.target.closest('a[data-soft]');
  if (soft && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    history.pushState(null, '', soft.href);
    await refresh();
    document.getElementById('search')?.reset();
    return;
  }
  const button = event.target.closest('button');
  if (button?.dataset.copy) {
    await copy(document.getElementById(button.dataset.copy).textContent);
  } else if (button?.dataset.call && (!button.dataset.confirm || (await confirmed(button.dataset.confirm)))) {
    const [method, path] = button.dataset.call.split(' ');
    await call(button, method, path, undefined, button.dataset.done);
  }
}

/** Takes the reader's answer to the question that is open. */
let answer = () => {};

/** Asks before what cannot be taken back. A dialog that is closed without an answer leaves its question unanswered. */
function confirmed(nameId) {
  document.getElementById('confirm-file').textContent = document.getElementById(nameId).textContent;
  document.getElementById('confirm').showModal();
  return new Promise((resolve) => {
    answer = resolve;
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`Copied: ${text}`);
  } catch { // no clipboard without https, but on this machine itself
    warn('The browser does not let this page copy: select the text and copy it yourself.');
  }
}

async function onSubmit(event) {
  const form = event.target;
  const button = form.querySelector('button[type="submit"]');
  switch (form.id) {
    case 'bandwidth': {
      event.preventDefault();
      const limit = form.elements.limit.value.trim() || null;
      await call(button, 'PUT', '/bandwidth', { limit }, limit ? `The whole queue may now send: ${limit}.` : 'The setting counts again.');
      break;
    }
    case 'priority': {
      event.preventDefault();
      const priority = Number(form.elements.priority.value);
      await call(button, 'PATCH', `/jobs/${form.dataset.job}`, { priority }, `Its priority is now ${priority}.`);
      break;
    }
    case 'search':
      event.preventDefault();
      search(form, 'pushState');
      break;
    case 'answer': // the browser closes the dialog
      answer(event.submitter.value === 'cancel');
      break;
    default: // log-out: the browser's
  }
}

let typing = 0;

/** Looks while the reader types; the address keeps it. */
function onInput(event) {
  const form = event.target.form;
  if (form?.id === 'search') {
    clearTimeout(typing);
    typing = setTimeout(() => search(form, 'replaceState'), TYPING_MS);
  }
}

function search(form, keep) {
  clearTimeout(typing);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim() && !(name === 'order' && value === 'newest')) {
      query.set(name, value.trim());
    }
  }
  history[keep](null, '', query.size > 0 ? `/?${query}` : '/');
  refresh();
}
