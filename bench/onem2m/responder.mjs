/**
 * A CSE that answers every request at once and keeps nothing: `fork(..., [port])`, sends `ready`. Only what is measured on the
 * other side should take time.
 */
import mqtt from 'mqtt';

const CREATED = { 1: 2001, 2: 2000, 3: 2004, 4: 2002, 5: 2000 };

const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${process.argv[2]}`, { clientId: 'C::bench' });
client.stream.setNoDelay(true);
client.on('message', (topic, payload) => {
  const { op, ty, rqi, fr, pc } = JSON.parse(payload.toString());
  const own = ty === 2 ? { 'm2m:ae': { ...pc['m2m:ae'], aei: fr, ri: fr } } : pc;
  const answer = JSON.stringify({
    rsc: CREATED[op],
    rqi,
    to: fr,
    fr: '/bench',
    rvi: '3',
    ot: '20260101T000000',
    pc: own,
  });
  client.publish(topic.replace('/oneM2M/req/', '/oneM2M/resp/').replace('/reg_req/', '/reg_resp/'), answer, { qos: 1 });
});
await client.subscribeAsync({ '/oneM2M/req/+/bench/#': { qos: 1 }, '/oneM2M/reg_req/+/bench/#': { qos: 1 } });
process.send('ready');
process.on('disconnect', () => process.exit());
