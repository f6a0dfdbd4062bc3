export * from './check-object';
export { checkFlavor, type Flavor } from '../flavor/check-flavor';
export { type Finding, type Severity, findingOf } from './finding';
export { DEFAULT_MINOR, type IstioApi, istioApi } from './schema';
