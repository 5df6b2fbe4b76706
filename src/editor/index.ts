/** What the dialogs' html files find as the global `DeviceLink`. */
export { dummyDevice } from './dummy-device';
export { modbusDevice } from './modbus-device';
export { mqttExtension } from './mqtt-extension';
export { onem2mAe } from './onem2m-ae';
export { opcuaDevice } from './opcua-device';
