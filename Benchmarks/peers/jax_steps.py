"""JAX's side of the benchmark: every step one jitted function, parameters donated, images as NHWC.

The steps are specified in ../README.md.
"""

import os
import sys

from protocol import arguments, serve

options = arguments(("jit",))
# XLA sizes its thread pool by the processors that the process may run on.
if options.threads < len(os.sched_getaffinity(0)):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402

# XLA's own generator: several times faster than threefry on processors.
jax.config.update("jax_default_prng_impl", "rbg")
TRAIN_SIZE, IMAGES, CIFAR_IMAGES, SEQUENCES = 60_000, 10_000, 4_096, 1_024
K1, K2, K3 = 0.63576, 1.87320, 1.48695
RANDOM = np.random.default_rng(1)


def normal(*shape, scale=1.0):
    return jnp.asarray(RANDOM.standard_normal(shape, dtype=np.float32) * np.float32(scale))


def dense_parameters(inner, outer):
    return {"w": normal(inner, outer, scale=inner**-0.5), "b": jnp.zeros(outer)}


def conv_parameters(size, inner, outer):
    return {"w": normal(size, size, inner, outer, scale=(inner * size * size) ** -0.5), "b": jnp.zeros(outer)}


def dense(x, w):
    return x @ w


def conv(x, w, stride=1, padding=0):
    return lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2,
                                    dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv_transposed(x, w, stride=1, padding=0, extra=0):
    edge = w.shape[0] - 1 - padding
    return lax.conv_general_dilated(x, w, (1, 1), [(edge, edge + extra)] * 2, lhs_dilation=(stride, stride),
                                    dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x):
    """2x2, written as a maximum over slices: far faster backwards than a reduced window on processors."""
    return jnp.maximum(jnp.maximum(x[:, ::2, ::2], x[:, 1::2, ::2]),
                       jnp.maximum(x[:, ::2, 1::2], x[:, 1::2, 1::2]))


def cross_entropy(logits, labels):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], -1)
    return -chosen.mean()


def lenet300(p, x, key):
    x = jax.nn.relu(dense(x, p["fc1"]["w"]) + p["fc1"]["b"])
    x = jax.nn.relu(dense(x, p["fc2"]["w"]) + p["fc2"]["b"])
    return dense(x, p["fc3"]["w"]) + p["fc3"]["b"]


def lenet5(p, x, key):
    x = max_pool(jax.nn.relu(conv(x.reshape(-1, 28, 28, 1), p["conv1"]["w"]) + p["conv1"]["b"]))
    x = max_pool(jax.nn.relu(conv(x, p["conv2"]["w"]) + p["conv2"]["b"]))
    x = jax.nn.relu(dense(x.reshape(len(x), -1), p["fc1"]["w"]) + p["fc1"]["b"])
    return dense(x, p["fc2"]["w"]) + p["fc2"]["b"]


LENET300 = {"fc1": (784, 300), "fc2": (300, 100), "fc3": (100, 10)}
LENET5 = {"conv1": (5, 5, 1, 20), "conv2": (5, 5, 20, 50), "fc1": (800, 500), "fc2": (500, 10)}


def plain_parameters(shapes):
    return {k: {"w": normal(*s, scale=np.prod(s[:-1]) ** -0.5), "b": jnp.zeros(s[-1])} for k, s in shapes.items()}


def variational_parameters(shapes):
    return {k: {"theta": normal(*s, scale=0.01), "logvariance": jnp.full(s, -10.0), "b": jnp.zeros(s[-1])}
            for k, s in shapes.items()}


def variational(p, x, key, function):
    log_alpha = jnp.clip(p["logvariance"] - jnp.log(p["theta"] ** 2 + 1e-8), -8, 8)
    mean = function(x, p["theta"] * (log_alpha < 3)) + p["b"]
    variance = function(x * x, jnp.exp(p["logvariance"])) + 1e-8
    kl = (K1 + 0.5 * jax.nn.softplus(-log_alpha) - K1 * jax.nn.sigmoid(K2 + K3 * log_alpha)).sum()
    return mean + jnp.sqrt(variance) * jax.random.normal(key, mean.shape), kl


def svd_lenet300(p, x, key):
    keys = jax.random.split(key, 3)
    x, kl1 = variational(p["fc1"], x, keys[0], dense)
    x, kl2 = variational(p["fc2"], jax.nn.relu(x), keys[1], dense)
    x, kl3 = variational(p["fc3"], jax.nn.relu(x), keys[2], dense)
    return x, kl1 + kl2 + kl3


def svd_lenet5(p, x, key):
    keys = jax.random.split(key, 4)
    x, kl1 = variational(p["conv1"], x.reshape(-1, 28, 28, 1), keys[0], conv)
    x, kl2 = variational(p["conv2"], max_pool(jax.nn.relu(x)), keys[1], conv)
    x = max_pool(jax.nn.relu(x))
    x, kl3 = variational(p["fc1"], x.reshape(len(x), -1), keys[2], dense)
    x, kl4 = variational(p["fc2"], jax.nn.relu(x), keys[3], dense)
    return x, kl1 + kl2 + kl3 + kl4


def vae_parameters(latent=10):
    return {
        "conv1": conv_parameters(7, 1, 64), "conv2": conv_parameters(5, 64, 128),
        "mean": dense_parameters(6272, latent), "logvariance": dense_parameters(6272, latent),
        "dense": dense_parameters(latent, 128),
        "up1": conv_parameters(5, 128, 128), "up2": conv_parameters(5, 128, 64), "up3": conv_parameters(5, 64, 1),
    }


def vae_loss(p, images, key):
    def apply(name, function, x, *rest):
        return function(x, p[name]["w"], *rest) + p[name]["b"]

    x = jax.nn.elu(apply("conv1", conv, images.reshape(-1, 28, 28, 1), 2))
    x = jax.nn.elu(apply("conv2", conv, x)).reshape(len(images), -1)
    mean, logvariance = apply("mean", dense, x), apply("logvariance", dense, x)
    z = mean + jnp.exp(0.5 * logvariance) * jax.random.normal(key, mean.shape)
    x = jax.nn.elu(apply("dense", dense, z)).reshape(-1, 1, 1, 128)
    x = jax.nn.elu(apply("up1", conv_transposed, x))
    x = jax.nn.elu(apply("up2", conv_transposed, x, 2))
    logits = apply("up3", conv_transposed, x, 2, 1, 1).reshape(len(images), -1)
    reconstruction = (jax.nn.softplus(logits) - logits * images).sum()
    kl = 0.5 * (jnp.exp(logvariance) + mean**2 - 1 - logvariance).sum()
    return (reconstruction + kl) / len(images)


def normalized_parameters(size, inner, outer):
    p = {"w": normal(size, size, inner, outer, scale=(2 / (inner * size * size)) ** 0.5)}
    return p | {"scale": jnp.ones(outer), "shift": jnp.zeros(outer)}


def resnet_parameters():
    p, inner, number = {"stem": normalized_parameters(3, 3, 16)}, 16, 0
    for width in (16, 32, 64):
        for _ in range(3):
            number += 1
            p[f"block{number}a"] = normalized_parameters(3, inner, width)
            p[f"block{number}b"] = normalized_parameters(3, width, width)
            if inner != width:
                p[f"block{number}s"] = normalized_parameters(1, inner, width)
            inner = width
    state = {k: {"mean": jnp.zeros_like(v["shift"]), "variance": jnp.ones_like(v["scale"])} for k, v in p.items()}
    return p | {"head": dense_parameters(64, 10)}, state


def resnet(p, state, x, training):
    """Returns logits and the new running statistics."""
    after = {}

    def normalized(name, x, stride=1):
        q, size = p[name], p[name]["w"].shape[0]
        x = conv(x, q["w"], stride, size // 2)
        if training:
            mean = x.mean((0, 1, 2))
            variance = jnp.square(x - mean).mean((0, 1, 2))
            count = x.size // x.shape[-1]
            after[name] = {
                "mean": 0.9 * state[name]["mean"] + 0.1 * mean,
                "variance": 0.9 * state[name]["variance"] + 0.1 * variance * (count / (count - 1)),
            }
        else:
            mean, variance = state[name]["mean"], state[name]["variance"]
        scale = q["scale"] * lax.rsqrt(variance + 1e-5)
        return x * scale + (q["shift"] - mean * scale)

    x = jax.nn.relu(normalized("stem", x))
    for number in range(1, 10):
        down = f"block{number}s" in p
        y = jax.nn.relu(normalized(f"block{number}a", x, 2 if down else 1))
        y = normalized(f"block{number}b", y)
        x = jax.nn.relu(y + (normalized(f"block{number}s", x, 2) if down else x))
    return dense(x.mean((1, 2)), p["head"]["w"]) + p["head"]["b"], after


def lstm_parameters():
    return {"ih": normal(128, 512, scale=0.08), "hh": normal(128, 512, scale=0.08), "b": jnp.zeros(512),
            "b2": jnp.zeros(512), "head": dense_parameters(128, 128)}


def lstm_loss(p, x, labels):
    """x [64 steps, 64 sequences, 128]; the inputs' share of the gates is computed before the loop."""
    gates = x @ p["ih"] + (p["b"] + p["b2"])

    def step(carry, gate):
        h, c = carry
        i, f, g, o = jnp.split(gate + h @ p["hh"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((x.shape[1], 128))
    _, hidden = lax.scan(step, (zero, zero), gates)
    return cross_entropy(dense(hidden, p["head"]["w"]) + p["head"]["b"], labels)


def adam(parameters, gradients, moments, t, rate=1e-4):
    first, second = moments
    tree = jax.tree_util.tree_map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    one, two = 1 - 0.9**t, jnp.sqrt(1 - 0.999**t)
    parameters = tree(lambda p, m, v: p - rate / one * m / (jnp.sqrt(v) / two + 1e-8), parameters, first, second)
    return parameters, (first, second)


class Rows:
    """Indices of the next batch; the gathering itself happens inside the jitted step."""

    def __init__(self, size, batch):
        self.order, self.batch, self.at = RANDOM.permutation(size).astype(np.int32), batch, 0

    def next(self):
        if self.at + self.batch > len(self.order):
            self.at = 0
        self.at += self.batch
        return self.order[self.at - self.batch:self.at]


def training(parameters, loss, gather, data, rows, state=None):
    """`loss(parameters, state, key, *batch)` returns the value and the new state."""
    state = {} if state is None else state
    moments = tuple(jax.tree_util.tree_map(jnp.zeros_like, parameters) for _ in range(2))
    root = jax.random.key(1)

    def whole(parameters, moments, state, t, key, index, data):
        key = jax.random.fold_in(key, t)
        batch = gather(data, index)
        (value, state), gradients = jax.value_and_grad(loss, has_aux=True)(parameters, state, key, *batch)
        parameters, moments = adam(parameters, gradients, moments, t.astype(jnp.float32))
        return parameters, moments, state, t + 1, value

    compiled = jax.jit(whole, donate_argnums=(0, 1, 2, 3))
    held = [parameters, moments, state, jnp.ones((), jnp.int32)]

    def step():
        *held[:], value = compiled(*held, root, rows.next(), data)
        jax.block_until_ready((held, value))
        return value

    return step


def first_axis(data, index):
    return [jnp.take(x, index, axis=0) for x in data]


def mnist():
    images = jnp.asarray(RANDOM.random((IMAGES, 784), dtype=np.float32))
    return images, jnp.asarray(RANDOM.integers(0, 10, IMAGES))


def classification(forward, shapes):
    def loss(p, state, key, x, labels):
        return cross_entropy(forward(p, x, key), labels), state

    return training(plain_parameters(shapes), loss, first_axis, mnist(), Rows(IMAGES, 100))


def svd(forward, shapes):
    def loss(p, state, key, x, labels):
        logits, kl = forward(p, x, key)
        return cross_entropy(logits, labels) + kl / TRAIN_SIZE, state

    return training(variational_parameters(shapes), loss, first_axis, mnist(), Rows(IMAGES, 100))


def conv_vae():
    return training(vae_parameters(), lambda p, state, key, x: (vae_loss(p, x, key), state), first_axis,
                    mnist()[:1], Rows(IMAGES, 100))


def cifar():
    return normal(CIFAR_IMAGES, 32, 32, 3), jnp.asarray(RANDOM.integers(0, 10, CIFAR_IMAGES))


def resnet20_train():
    parameters, state = resnet_parameters()

    def loss(p, state, key, x, labels):
        logits, after = resnet(p, state, x, True)
        return cross_entropy(logits, labels), after

    return training(parameters, loss, first_axis, cifar(), Rows(CIFAR_IMAGES, 128), state)


def resnet20_infer():
    parameters, state = resnet_parameters()
    images, rows = cifar()[0], Rows(CIFAR_IMAGES, 128)
    compiled = jax.jit(lambda index, images: resnet(parameters, state, jnp.take(images, index, axis=0), False)[0])
    return lambda: jax.block_until_ready(compiled(rows.next(), images))


def lstm():
    data = (normal(64, SEQUENCES, 128), jnp.asarray(RANDOM.integers(0, 128, (64, SEQUENCES))))
    return training(lstm_parameters(), lambda p, state, key, x, labels: (lstm_loss(p, x, labels), state),
                    lambda data, index: [jnp.take(x, index, axis=1) for x in data], data, Rows(SEQUENCES, 64))


def dwp_step():
    raise NotImplementedError("not written for JAX")


BUILDERS = {
    "svd-lenet5": lambda: svd(svd_lenet5, LENET5),
    "svd-lenet300": lambda: svd(svd_lenet300, LENET300),
    "lenet5": lambda: classification(lenet5, LENET5),
    "lenet300": lambda: classification(lenet300, LENET300),
    "conv-vae": conv_vae,
    "resnet20-train": resnet20_train,
    "resnet20-infer": resnet20_infer,
    "lstm": lstm,
    "dwp-step": dwp_step,
}

if __name__ == "__main__":
    sys.exit(serve(BUILDERS[options.step]))
