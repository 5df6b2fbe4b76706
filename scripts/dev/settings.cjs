/* global process, __dirname */
/** Node-RED's settings under `npm run dev`: quiet and local, and with the address that tells a browser of a new build. */
const path = require('node:path');

/** Another one is another build. */
let build = String(Date.now());
/** Browsers that want to know. */
const listeners = new Set();

process.on('message', (message) => {
  build = message.build;
  for (const response of listeners) tellBuild(response);
});

// Whoever started this process is gone without a word: do not stay behind.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

/** Server-sent events; a browser that loses them, as Node-RED starts again, asks again after 300 ms. */
function serveBuilds(request, response, next) {
  if (request.path !== '/devicelink-dev/builds') return next();
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write('retry: 300\n\n');
  tellBuild(response);
  listeners.add(response);
  request.once('close', () => listeners.delete(response));
}

const tellBuild = (response) => response.write(`data: ${build}\n\n`);

module.exports = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  credentialSecret: 'dev',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: {
    tours: false,
    projects: { enabled: false },
    header: { title: 'DeviceLink dev' },
    page: { scripts: [path.join(__dirname, 'reload.js')] },
  },
  externalModules: { palette: { allowInstall: false } },
  httpAdminMiddleware: serveBuilds,
  logging: { console: { level: 'info', metrics: false, audit: false } },
};
