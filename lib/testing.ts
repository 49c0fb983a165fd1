export { FencedMapBackend, type FencedMapOptions } from './backends/map/fenced-map.backend.js';
export {
  backendConformance,
  type BackendConformanceOptions,
} from './testing/backend-conformance.js';
export { LocalBus } from './bus/local/local-bus.js';
export { LocalLog } from './bus/local/local-log.js';
export { busConformance, type BusConformanceOptions } from './testing/bus-conformance.js';
export type { BackendCapability } from './testing/conformance/capability.js';
export { ConformanceError, type ConformanceCase } from './testing/conformance-case.js';
export { FaultyBackend, type FaultyOperation } from './testing/faulty-backend.js';
export { ManualClock, type ManualClockOptions } from './testing/manual-clock.js';
export { badPatterns, patternCases, type PatternCase } from './testing/pattern-cases.js';
