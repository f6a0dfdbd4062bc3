export * from './literal';
export * from './object';
export * from './object-release';
export * from './providers';
export * from './release-defaults';
export * from './service';
export * from './values';
