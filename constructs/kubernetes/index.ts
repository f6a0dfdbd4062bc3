export * from './literal';
export * from './object';
export * from './object-release';
export * from './release-defaults';
export * from './service';
