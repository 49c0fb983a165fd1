import 'reflect-metadata';
import { startRecipe } from '../start-recipe.js';
import { SalesModule } from './sales.module.js';

await startRecipe('The sales report', SalesModule);
