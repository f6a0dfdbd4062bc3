export * from './gateway';
export * from './junit';
export * from './result';
export * from './table';
export * from './verify';
