export * from './bookinfo';
export * from './bookinfo-traffic';
export * from './services';
