import { describeReceiverContract } from '../../../support/onem2m/receiver-contract.ts';
import { RECEIVER_TRANSPORTS } from '../../../support/onem2m/receiver-stages.ts';

for (const transport of RECEIVER_TRANSPORTS) describeReceiverContract(transport);
