import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles.css';
import { App } from './app.js';
import { installHooks } from './hooks.js';

installHooks();
render(<App />, document.getElementById('app')!);
