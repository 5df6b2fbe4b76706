/** What the dialogs' html files find as the global `DeviceLink`. */
export { dummyDevice } from './dummy-device';
export { modbusDevice } from './modbus-device';
export { mqttExtension } from './mqtt-extension';
export { opcuaDevice } from './opcua-device';
