export * from './request';
export { simulate } from './simulate';
export * from './simulation';
export * from './call-graph';
export * from './chain';
export * from './explain';
export { showPercent } from './outcome';
export { longestWait, triesOf } from './route-action';
