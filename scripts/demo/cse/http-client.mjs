import { request } from 'node:http';

/**
 * POSTs a notification (TS-0009 6.2).
 *
 * @returns `{ rsc }` of the answer; undefined: there was none
 */
export function postNotification(cse, url, { to, fr, rqi, ri, rvi, ot, pc }) {
  const body = JSON.stringify(pc);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-m2m-origin': fr ?? cse.id,
    'x-m2m-ri': cse.habits.httpNotifyId ?? rqi ?? ri,
    ...(rvi === undefined ? {} : { 'x-m2m-rvi': rvi }),
    ...(ot === undefined ? {} : { 'x-m2m-ot': ot }),
  };
  return new Promise((resolve) => {
    const client = request(url, { method: 'POST', headers, agent: false, signal: cse.ending.signal }, (response) => {
      response.resume();
      response.on('end', () => {
        stopWaiting();
        const rsc = Number(response.headers['x-m2m-rsc'] ?? (response.statusCode < 300 ? 2000 : 5000));
        resolve({ rsc, rqi: response.headers['x-m2m-ri'], to });
      });
      response.on('error', () => resolve(undefined));
    });
    const stopWaiting = cse.timers.after(cse.options.answerTimeoutMs, () => client.destroy(new Error('no answer')));
    client.on('error', () => {
      stopWaiting();
      resolve(undefined);
    });
    client.end(body);
  });
}
