"""Makes kl.csv: KL(N(theta, alpha theta^2) || log-uniform), exact and approximate, with slopes.

Exact, with digamma psi and j ~ Poisson(1 / (2 alpha)) (log-moment of a noncentral chi-squared):
    -KL(alpha) = psi(1/2) / 2 - E psi(1/2 + j) / 2
    d(-KL) / d log alpha = lambda E 1 / (1/2 + j) / 2,  lambda = 1 / (2 alpha)
Approximate (Molchanov et al. 2017): k1 sigmoid(k2 + k3 t) - log(1 + exp(-t)) / 2 - k1, t = log alpha.
Columns are -KL in nats and slopes per unit of log alpha, each to 12 digits.
"""

import mpmath as mp

from methods_files import FIXTURES

mp.mp.dps = 30
K1, K2, K3 = mp.mpf("0.63576"), mp.mpf("1.87320"), mp.mpf("1.48695")


def poisson_mean(function, rate):
    """E f(j), summed outwards from the mode until the terms vanish."""
    mode = int(rate)

    def term(j):
        return mp.exp(j * mp.log(rate) - rate - mp.loggamma(j + 1)) * function(j)

    total = term(mode)
    for step, j in ((1, mode + 1), (-1, mode - 1)):
        while j >= 0:
            value = term(j)
            total += value
            if abs(value) < mp.mpf(10) ** -26:
                break
            j += step
    return total


def exact(log_alpha):
    rate = mp.exp(-log_alpha) / 2
    half = mp.mpf(1) / 2
    value = (mp.digamma(half) - poisson_mean(lambda j: mp.digamma(half + j), rate)) / 2
    slope = rate * poisson_mean(lambda j: 1 / (half + j), rate) / 2
    return value, slope


def approximate(log_alpha):
    sigmoid = 1 / (1 + mp.exp(-(K2 + K3 * log_alpha)))
    value = K1 * sigmoid - mp.log(1 + mp.exp(-log_alpha)) / 2 - K1
    slope = K1 * K3 * sigmoid * (1 - sigmoid) + 1 / (1 + mp.exp(log_alpha)) / 2
    return value, slope


def main():
    rows = ["log_alpha,minus_kl_exact,minus_kl_approximate,slope_exact,slope_approximate"]
    worst = 0
    for quarter in range(-32, 33):
        t = mp.mpf(quarter) / 4
        (value, slope), (near, near_slope) = exact(t), approximate(t)
        worst = max(worst, abs(value - near))
        if quarter % 8 == 0:
            assert abs(mp.diff(lambda u: exact(u)[0], t) - slope) < 1e-9
            assert abs(mp.diff(lambda u: approximate(u)[0], t) - near_slope) < 1e-9
        numbers = (mp.nstr(x, 12, min_fixed=-30, max_fixed=30) for x in (value, near, slope, near_slope))
        rows.append(",".join([f"{quarter / 4:g}", *numbers]))
    assert 0.0090 < worst < 0.0095, worst
    path = FIXTURES / "Methods" / "kl.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
