import { render } from 'preact';
import './styles.css';
import './lobby/lobby.css';
import './call/call.css';
import './call/controls.css';
import './call/panel.css';
import { App } from './app.js';
import { installHooks } from './hooks.js';

installHooks();
render(<App />, document.getElementById('app')!);
