export * from './bookinfo';
export * from './bookinfo-traffic';
export * from './bookinfo-versions';
export * from './bookinfo-workload';
export * from './images';
export * from './ratings-database';
export { BookinfoWayOut } from './network-policies';
export * from './services';
