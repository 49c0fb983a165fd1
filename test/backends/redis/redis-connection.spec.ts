import { describeConnection } from './connection-cases.js';

describeConnection('6');
