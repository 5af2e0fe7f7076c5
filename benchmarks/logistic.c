/* Gradient descent on the mean logistic loss of one seed, as one would write it by hand for this size: points padded to
 * whole vectors (a padded point has zero features and moves nothing), features in the outer loop so that every inner loop
 * is one vector operation without gather, all of it in the first-level cache.  The compiler makes the vectors and calls
 * its vector exponential (inner loops under 32 would be unrolled before, with the scalar one).  N (padded), D, BLOCK, REAL and
 * EXP are fixed when it is compiled. */
#include <math.h>

_Static_assert(N % BLOCK == 0, "points are padded to whole blocks");

void descend(const REAL *restrict rows /* D x N: labels times inputs, by feature */, REAL *restrict w /* D */,
             long steps, REAL rate /* step over the number of points */)
{
    REAL slope[N] __attribute__((aligned(64)));
    for (long step = 0; step < steps; step++) {
        for (int block = 0; block < N; block += BLOCK) {
            REAL margin[BLOCK] __attribute__((aligned(64)));
            for (int k = 0; k < BLOCK; k++) margin[k] = 0;
            for (int j = 0; j < D; j++)
                for (int k = 0; k < BLOCK; k++) margin[k] += w[j] * rows[j * N + block + k];
            for (int k = 0; k < BLOCK; k++) slope[block + k] = 1 / (1 + EXP(margin[k]));
        }
        for (int j = 0; j < D; j++) {
            REAL pull = 0;
            for (int n = 0; n < N; n++) pull += rows[j * N + n] * slope[n];
            w[j] += rate * pull;
        }
    }
}
