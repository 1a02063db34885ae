// User actions. They call the REST API and then refresh the page.
import { refresh } from './live.js';
import { problemText, showAlert, showNotice } from './notices.js';
import { clearSelection, selectedIds } from './selection.js';

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
      showNotice(done);
    } else {
      showAlert(problemText(response.status, await response.text()));
    }
  } catch {
    showAlert(problemText(0, ''));
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
  } else if (button?.dataset.bulk) {
    await bulk(button);
  } else if (button?.dataset.call && (!button.dataset.confirm || (await confirmed(ONE, nameOf(button.dataset.confirm))))) {
    const [method, path] = button.dataset.call.split(' ');
    await call(button, method, path, undefined, button.dataset.done);
  }
}

const ONE = { title: 'Cancel this job?', keep: 'Keep the job', cancel: 'Cancel the job' };
const MANY = { title: 'Cancel these jobs?', keep: 'Keep the jobs', cancel: 'Cancel the jobs' };

function nameOf(id) {
  return document.getElementById(id).textContent;
}

/** Retries or cancels the selected jobs, or all that match the search. */
async function bulk(button) {
  const { bulk: action, selection, count } = button.dataset;
  const ids = selectedIds();
  const what = count ?? document.getElementById('bulk-count').textContent;
  if (action === 'cancel' && !(await confirmed(MANY, what))) {
    return;
  }
  // a request line may have 4096 characters
  const queries = selection === undefined ? chunks(ids, 50).map((chunk) => chunk.map((id) => `id=${id}`).join('&')) : [selection];
  button.disabled = true;
  let changed = 0;
  const refused = [];
  try {
    for (const query of queries) {
      const response = await fetch(`/api/v1/jobs/${action}?${query}`, { method: 'POST' });
      const body = await response.text();
      if (!response.ok) {
        showAlert(problemText(response.status, body));
        return;
      }
      const answer = JSON.parse(body);
      changed += answer.changed;
      refused.push(...answer.refused);
    }
    showNotice(`${changed === 1 ? '1 job' : `${changed} jobs`} ${action === 'retry' ? 'started again' : 'being cancelled'}.`);
    if (refused.length > 0) {
      showAlert(`${refused.length} not changed. ${refused[0].reason}`);
    }
    clearSelection();
  } catch {
    showAlert(problemText(0, ''));
  } finally {
    button.disabled = false;
    await refresh();
  }
}

function chunks(all, size) {
  return Array.from({ length: Math.ceil(all.length / size) }, (none, index) => all.slice(index * size, (index + 1) * size));
}

/** Resolves the open confirmation. */
let answer = () => {};

/** Asks for confirmation. If the dialog is closed without an answer, the promise is never resolved. */
function confirmed({ title, keep, cancel }, what) {
  document.getElementById('confirm-title').textContent = title;
  document.getElementById('confirm-file').textContent = what;
  document.getElementById('confirm-keep').textContent = keep;
  document.getElementById('confirm-cancel').textContent = cancel;
  document.getElementById('confirm').showModal();
  return new Promise((resolve) => {
    answer = resolve;
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    showNotice(`Copied: ${text}`);
  } catch { // browsers allow the clipboard only with HTTPS or on localhost
    showAlert('The browser does not allow this page to copy. Select the text and copy it yourself.');
  }
}

async function onSubmit(event) {
  const form = event.target;
  const button = form.querySelector('button[type="submit"]');
  switch (form.id) {
    case 'bandwidth': {
      event.preventDefault();
      const limit = form.elements.limit.value.trim() || null;
      const done = limit ? `Bandwidth limit set to ${limit}.` : 'The bandwidth setting applies again.';
      await call(button, 'PUT', '/bandwidth', { limit }, done);
      break;
    }
    case 'priority': {
      event.preventDefault();
      const priority = Number(form.elements.priority.value);
      await call(button, 'PATCH', `/jobs/${form.dataset.job}`, { priority }, `Priority set to ${priority}.`);
      break;
    }
    case 'search':
      event.preventDefault();
      search(form, 'pushState');
      break;
    case 'answer': // the browser closes the dialog
      answer(event.submitter.value === 'cancel');
      break;
    default: // the browser submits the log-out form
  }
}

let typing = 0;

/** Searches while the user types. The URL contains the search. */
function onInput(event) {
  const form = event.target.form;
  if (form?.id === 'search') {
    clearTimeout(typing);
    typing = setTimeout(() => search(form, 'replaceState'), TYPING_MS);
  }
}

function search(form, historyMethod) {
  clearTimeout(typing);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim() && !(name === 'order' && value === 'newest')) {
      query.set(name, value.trim());
    }
  }
  history[historyMethod](null, '', query.size > 0 ? `/?${query}` : '/');
  refresh();
}
