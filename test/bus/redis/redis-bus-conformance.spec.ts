import { describeConformance } from './bus-cases.js';

describeConformance('6');
