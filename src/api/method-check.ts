import { HttpProblem } from './problem.ts';
import type { Route } from './route.ts';

/** A method and the path it is served at; parameters as `:name`. */
type Served = Pick<Route, 'method' | 'path'>;

const hasParameter = ({ path }: Served) => path.includes(':');
/** Whether a path is one of those a route's stands for. */
const fits = (pattern: string, path: string) => {
  const [expected, given] = [pattern.split('/'), path.split('/')];
  return (
    expected.length === given.length &&
    expected.every((part, nth) => (part.startsWith(':') ? given[nth] !== '' : part === given[nth]))
  );
};

/**
 * Tells a path that is there but not for this method from one that is nowhere. It is asked only once no
 * route was found.
 */
export function methodCheck(routes: Served[]) {
  const literals = routes.filter((route) => !hasParameter(route));
  const methodsAt = (path: string) => {
    const exact = literals.filter((route) => route.path === path);
    // A path of its own is not also the value of a parameter.
    const at = exact.length > 0 ? exact : routes.filter((route) => fits(route.path, path));
    return [...new Set(at.map(({ method }) => method))];
  };
  return {
    /** Paths of their own that a route would take for a value of its parameter. */
    pathsTakenFor: (route: Served): string[] =>
      hasParameter(route)
        ? literals
            .map(({ path }) => path)
            .filter((path) => fits(route.path, path) && !methodsAt(path).includes(route.method))
        : [],
    /** 405 with the methods the path takes; nothing where the path is none. */
    problem({ method, path }: { method: string; path: string }): HttpProblem | undefined {
      const known = methodsAt(path.length > 1 ? path.replace(/\/$/, '') : path);
      if (known.length === 0) return undefined;
      // Whatever can be read can be asked for without its content.
      const methods = known.includes('get') ? [...known, 'head'] : known;
      const Allow = methods.map((one) => one.toUpperCase()).join(', ');
      const detail = `${path} takes ${Allow}, not ${method}; see /docs.`;
      return new HttpProblem(405, 'Method not allowed', detail, { headers: { Allow } });
    },
  };
}
