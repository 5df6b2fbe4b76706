import { MemoryStore } from '../../../../src/mqtt/store/memory-store';
import { describeMessageStore } from '../../../support/mqtt/message-store-suite';

describeMessageStore('the store in memory', () => ({ make: () => new MemoryStore(), isDurable: false }));
