"""Doubles of the semi-supervised models in PyTorch, for `train_step.py`: the same networks, losses and updates."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, softplus

CLASSES = 10
UNITS = (1000, 500, 250, 250, 250)


class _Directions(nn.Module):
    """Dense layer with weight normalization: products are divided by lengths."""

    def __init__(self, inputs, units, train_scale):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(units, inputs) * 0.1)
        self.scale = nn.Parameter(torch.ones(units), requires_grad=train_scale)
        self.bias = nn.Parameter(torch.zeros(units))

    def forward(self, x):
        products = nn.functional.linear(x, self.kernel)
        return products * (self.scale * torch.rsqrt(self.kernel.square().sum(1) + 1e-6)) + self.bias


class _Noise(nn.Module):
    def __init__(self, stddev):
        super().__init__()
        self.stddev = stddev

    def forward(self, x):
        return x + self.stddev * torch.randn_like(x)


def _averages(*networks):
    """Averages of the weights of networks, and a function that moves them."""
    pairs = [(value.detach().clone(), value) for network in networks for value in network.parameters()]
    averages, values = zip(*pairs, strict=True)

    def move():
        with torch.no_grad():
            torch._foreach_lerp_(list(averages), list(values), 1e-4)

    return move


def feature_matching(batch):
    """The step of `FeatureMatchingGAN` with the authors' networks."""
    sizes = (784, *UNITS)
    body = []
    for index, (before, after) in enumerate(zip(sizes[:-1], UNITS, strict=True)):
        body += [_Noise(0.5 if index else 0.3), _Directions(before, after, False), nn.ReLU()]
    body = nn.Sequential(*body)
    head = nn.Sequential(_Noise(0.5), _Directions(UNITS[-1], CLASSES, True))
    blocks = []
    for before in (100, 500):
        blocks += [nn.Linear(before, 500, bias=False), nn.BatchNorm1d(500, 1e-6), nn.Softplus()]
        blocks[-2].weight.requires_grad_(False)
    generator = nn.Sequential(*blocks, _Directions(500, 784, True), nn.Sigmoid())
    discriminator = nn.ModuleList([body, head])
    optimizers = [_adam(network, 3e-3) for network in (discriminator, generator)]
    images, unlabelled = torch.rand(batch, 784), torch.rand(batch, 784)
    labels, average = torch.arange(batch) % CLASSES, _averages(discriminator, generator)

    def step():
        fake = generator(torch.rand(batch, 100) * 2 - 1)
        optimizers[0].zero_grad()
        logits = head(body(torch.cat([images, unlabelled, fake.detach()]))).split(batch)
        real, generated = torch.logsumexp(logits[1], 1), torch.logsumexp(logits[2], 1)
        loss = cross_entropy(logits[0], labels) + 0.5 * (softplus(-real) + softplus(generated)).mean()
        loss.backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        real, generated = body(torch.cat([unlabelled, fake])).split(batch)
        (real.mean(0) - generated.mean(0)).square().mean().backward(inputs=_trained(generator))
        optimizers[1].step()
        average()

    return step


def sgan(batch):
    """The step of `SGAN` with the networks of its MNIST recipe."""
    blocks, before = [], 1
    for index, after in enumerate((32, 64, 128)):
        side = 2 if index == 0 else 1
        blocks += [nn.Conv2d(before, after, 2 * side + 1, 2, side), nn.LeakyReLU(0.2)]
        before = after
    discriminator = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.4), nn.Linear(128 * 16, CLASSES + 1))
    generator = nn.Sequential(
        *(nn.ConvTranspose2d(64, 64, 7, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False), nn.Tanh()),
    )
    for network in (discriminator, generator):
        network.to(memory_format=torch.channels_last)
    optimizers = [_adam(network, 1e-3) for network in (discriminator, generator)]
    images, unlabelled = torch.rand(batch, 1, 28, 28) * 2 - 1, torch.rand(batch, 1, 28, 28) * 2 - 1
    labels, average = torch.arange(batch) % CLASSES, _averages(discriminator, generator)

    def odds(logits):
        return torch.logsumexp(logits[:, :CLASSES], 1) - logits[:, CLASSES]

    def step():
        fake = generator(torch.randn(2 * batch, 64, 1, 1)).detach()
        optimizers[0].zero_grad()
        logits = discriminator(torch.cat([images, unlabelled, fake])).split([batch, batch, 2 * batch])
        loss = cross_entropy(logits[0], labels, reduction="sum") + softplus(-odds(logits[1])).sum()
        ((loss + softplus(odds(logits[2])).sum()) / (4 * batch)).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        loss = softplus(-odds(discriminator(generator(torch.randn(2 * batch, 64, 1, 1))))).mean()
        loss.backward(inputs=_trained(generator))
        optimizers[1].step()
        average()

    return step


def _adam(network, rate):
    return torch.optim.Adam(_trained(network), rate, (0.5, 0.999))


def _trained(network):
    return [value for value in network.parameters() if value.requires_grad]
