import { render } from 'preact';
import './styles.css';
import './lobby/lobby.css';
import './call/call.css';
import './call/controls.css';
import './call/panel.css';
import { App } from './app.js';
import { installHooks } from './hooks.js';
import { NoPage } from './no-page.js';
import { isOwnPath, lobbyPath } from './own-path.js';
import { loadPreferences } from './preferences.js';
import { applyTheme } from './ui/theme.js';

const lobby = lobbyPath(import.meta.url);
const page = document.getElementById('app')!;
installHooks();
if (isOwnPath(window.location.pathname, lobby)) {
  render(<App />, page);
} else {
  applyTheme(loadPreferences().theme);
  render(<NoPage lobby={lobby} />, page);
}
