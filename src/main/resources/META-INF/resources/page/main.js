import { ApiError, forgetToken, get, hasToken, keepToken } from './api.js';
import { byId, setText } from './elements.js';
import { showJobs } from './jobs.js';
import { showSummary } from './summary.js';

const PERIOD = 1000;
let timer = 0;

async function refresh() {
  clearTimeout(timer);
  try {
    const [summary, jobs] = await Promise.all([get('/summary'), get('/jobs?limit=50')]);
    showSummary(summary);
    showJobs(jobs.items);
    showContent();
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    if (error.status === 401) {
      askForToken();
      return;
    }
    // what was shown stays: it was right a moment ago
    setText(byId('status'), error.message);
    setText(byId('rate'), '');
  }
  clearTimeout(timer);
  timer = setTimeout(refreshIfSeen, PERIOD);
}

/** A page that nobody looks at asks nothing; the event below wakes it. */
function refreshIfSeen() {
  if (!document.hidden) {
    refresh();
  }
}

function showContent() {
  byId('log-in').hidden = true;
  byId('content').hidden = false;
  byId('log-out').hidden = !hasToken();
}

function askForToken() {
  if (hasToken()) {
    setText(byId('log-in-error'), 'This token is not taken.');
    forgetToken();
  }
  setText(byId('status'), 'Logged out');
  setText(byId('rate'), '');
  byId('content').hidden = true;
  byId('simulated').hidden = true;
  byId('log-out').hidden = true;
  if (byId('log-in').hidden) {
    byId('log-in').hidden = false;
    byId('token').focus();
  }
}

byId('log-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = byId('token').value.trim();
  byId('token').value = '';
  if (!/^[!-~]+$/.test(token)) {
    setText(byId('log-in-error'), 'A token has letters, digits and signs of ASCII without blanks.');
    return;
  }
  keepToken(token);
  setText(byId('log-in-error'), '');
  refresh();
});

byId('log-out').addEventListener('click', () => {
  forgetToken();
  setText(byId('log-in-error'), '');
  refresh();
});

document.addEventListener('visibilitychange', refreshIfSeen);

refresh();
