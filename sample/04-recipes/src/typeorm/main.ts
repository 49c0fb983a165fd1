import 'reflect-metadata';
import { startRecipe } from '../start-recipe.js';
import { LibraryModule } from './library.module.js';

await startRecipe('The library', LibraryModule);
