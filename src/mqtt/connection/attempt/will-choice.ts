import type { Will } from '../../client/connection-options';
import type { LimitNotices } from '../../client/broker-limits';

const QOS_NOT_SUPPORTED = 155;
const RETAIN_NOT_SUPPORTED = 154;

/**
 * The will as the broker takes it: one with a QoS it does not know, or retained where it keeps nothing, makes it refuse the whole
 * connection (MQTT 5, 3.1.2.6 and 3.1.2.7), for ever.
 */
export class WillChoice {
  constructor(
    private will: Will | undefined,
    private readonly notices: LimitNotices,
  ) {}

  get current(): Will | undefined {
    return this.will;
  }

  /** `maximumQos` is what the broker said with its refusal, if it did. Answers whether there is less to try at once. */
  refused(code: number | undefined, maximumQos: 0 | 1 | 2): boolean {
    const { will } = this;
    if (will === undefined) return false;
    if (code === QOS_NOT_SUPPORTED && will.qos > 0) {
      const qos = Math.min(maximumQos, will.qos - 1) as 0 | 1;
      this.will = { ...will, qos };
      this.notices.qos('the will', qos);
      return true;
    }
    if (code === RETAIN_NOT_SUPPORTED && will.retained) {
      this.will = { ...will, retained: false };
      this.notices.retain('the will');
      return true;
    }
    return false;
  }
}
