import { describe, expect, it } from 'vitest';
import { MqttExtension } from '../../../../src/mqtt/extension/extension';
import { combinedLive, observedLive } from '../../../../src/mqtt/extension/observed-status';
import { fakePorts } from '../../../support/fakes/fake-clock';
import { extensionConfig } from '../../../support/mqtt/mqtt-extension';

const full = {
  client: {
    server: 'wss://broker:9443/mqtt',
    protocolVersion: 4,
    clientID: 'gateway',
    will: { payloadEncode: 'base64', payloadContent: 'c2VjcmV0d2lsbA==', qos: 1, retained: true },
    tlsConfig: { serverName: 'broker' },
    maxReconnectInterval: '10m',
    connectTimeout: '90s',
    keepAlive: '1h',
    pingTimeout: '1500ms',
    writeTimeout: '0s',
    httpHeaders: { 'X-Tenant': ['a', 'b'], Authorization: ['Bearer hunter2'], 'X-Api-Key': 'hunter2' },
  },
  message: { topic: { prefix: 'plant' }, qos: 2, waitTimeout: '2.5s' },
};
const credentials = { username: 'joe-hunter2', password: 'hunter2' };

const statusOf = (raw: Record<string, unknown>, secrets = credentials) =>
  new MqttExtension(extensionConfig(raw, secrets), fakePorts()).status();

describe('the observed status', () => {
  it('has every field of the specification under its own name, and the live ones', () => {
    expect(statusOf(full)).toEqual({
      client: {
        server: 'wss://broker:9443/mqtt',
        protocolVersion: 4,
        clientID: 'gateway',
        will: { topicName: 'plant/$will', payloadEncode: 'base64', qos: 1, retained: true },
        configBasicAuth: true,
        configTLS: true,
        cleanSession: true,
        store: { type: 'memory', directory: '' },
        resumeSubs: false,
        connectTimeout: '1m30s',
        keepAlive: '1h0m0s',
        pingTimeout: '1.5s',
        order: true,
        writeTimeout: '0s',
        autoReconnect: true,
        maxReconnectInterval: '10m0s',
        messageChannelDepth: 100,
        maximumPacketSize: 16_777_216,
        replayRate: 500,
        httpHeaders: { 'X-Tenant': ['a', 'b'], Authorization: ['***'], 'X-Api-Key': ['***'] },
      },
      message: {
        topicName: 'plant/:namespace/:name',
        payloadEncode: 'raw',
        qos: 2,
        retained: false,
        waitTimeout: '2.5s',
      },
      connected: false,
      sent: 0,
      received: 0,
      queued: 0,
      dropped: 0,
    });
  });

  it('never holds a secret', () => {
    expect(JSON.stringify(statusOf(full))).not.toMatch(/hunter2|secretwill|c2VjcmV0/);
  });

  it('says in general terms what dedicated connections have each for itself', () => {
    const status = statusOf({ ...full, connection: 'dedicated' });
    expect(status.client).toMatchObject({
      clientID: 'gateway-:uid',
      will: { topicName: 'plant/:namespace/:name/$will' },
    });
  });
});

describe('live figures', () => {
  const figures = { sent: 1, received: 2, queued: 3, dropped: 4 };

  it('tell since when, only while connected', () => {
    expect(observedLive(true, { ...figures, connectedSince: 0 })).toEqual({
      connected: true,
      connectedSince: '1970-01-01T00:00:00.000Z',
      ...figures,
    });
    expect(observedLive(false, { ...figures, connectedSince: 0 })).toEqual({ connected: false, ...figures });
  });

  it('of several connections: connected since the last of all, with the reason of one that is not', () => {
    const one = observedLive(true, { ...figures, connectedSince: 0 });
    const two = observedLive(true, { ...figures, connectedSince: 1000 });
    const lost = observedLive(false, { ...figures, lastError: { code: 'LINK_LOST', message: 'gone' } });
    const sum = { sent: 2, received: 4, queued: 6, dropped: 8 };
    expect(combinedLive([two, one])).toEqual({ connected: true, connectedSince: two.connectedSince, ...sum });
    expect(combinedLive([one, lost])).toEqual({ connected: false, lastError: lost.lastError, ...sum });
    expect(combinedLive([])).toEqual({ connected: false, sent: 0, received: 0, queued: 0, dropped: 0 });
  });
});
