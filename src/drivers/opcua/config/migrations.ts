import {
  type Change,
  inOrder,
  inside,
  type Migration,
  own,
  renamed,
  withMember,
} from '../../../base/fields/migrations';
import { PROPERTY_NAMES, propertyNames, readOnlyToAccessMode } from '../../../device/config/migrations';

/** Another word for a member's value, older to present. */
const reworded =
  (name: string, words: Readonly<Record<string, string>>): Change =>
  (raw) => {
    const value = own(raw, name);
    return typeof value === 'string' && Object.hasOwn(words, value) ? withMember(raw, name, words[value]) : raw;
  };

/** One row of the property table, or of `msg.properties`. The specification's `byteString` is UTF-8 text in the flow. */
export const OPCUA_PROPERTY_NAMES: Change = inOrder(
  PROPERTY_NAMES,
  reworded('type', { byteString: 'string', dateTime: 'datetime' }),
  inside('visitor', renamed({ nodeId: 'nodeID' })),
  readOnlyToAccessMode,
);

/** What `opcua-device` was in earlier versions, and how other generations of the specification have it. */
export const OPCUA_MIGRATIONS: readonly Migration[] = [
  {
    to: 1,
    describe: 'protocol has endpoint for url, and the security policies as OPC UA itself spells them',
    spelling: true,
    migrate: inside(
      'protocol',
      inOrder(
        renamed({ url: 'endpoint' }),
        reworded('securityPolicy', {
          Aes128Sha256RsaOaep: 'Aes128_Sha256_RsaOaep',
          Aes256Sha256RsaPss: 'Aes256_Sha256_RsaPss',
        }),
      ),
    ),
  },
  propertyNames(OPCUA_PROPERTY_NAMES),
];
