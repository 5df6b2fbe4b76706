const nothing = (): void => undefined;
const valid = (): boolean => true;
const device = { validate: valid, added: nothing, prepare: nothing, save: nothing, cancel: nothing, resize: nothing };

export const modbusDevice = device;
export const dummyDevice = device;
export const mqttExtension = {
  validateClient: valid,
  validateMessage: valid,
  label: (node: { name: string }): string => node.name,
  prepare: nothing,
  save: nothing,
  cancel: nothing,
};
