import * as actions from './actions.js';
import * as drop from './drop.js';
import * as live from './live.js';
import * as selection from './selection.js';

selection.start();
actions.start();
drop.start();
live.start();
