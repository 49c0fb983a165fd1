// Runs the main job, sample/01-city-guide, from whatever state the clone is in.
import { build, ensurePackages, run } from './run.mjs';

ensurePackages();
build();
run('npm', ['run', 'build', '--silent', '--workspace', 'sample/01-city-guide']);
run('npm', ['start', '--silent', '--workspace', 'sample/01-city-guide']);
