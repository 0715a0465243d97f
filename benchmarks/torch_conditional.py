"""Doubles of the class-conditional models in PyTorch, for `train_step.py`: the same networks, losses and updates."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, relu, softplus
from torch.nn.utils.parametrizations import spectral_norm

CLASSES = 10
LABEL_DIM = 50


def _widths(size, base):
    """Channels of the DCGAN's resolutions, lowest first, and the side of the lowest."""
    levels = 0
    while size > 7:
        size, levels = size // 2, levels + 1
    return [base * 2**level for level in reversed(range(levels))], size


class Generator(nn.Module):
    """DCGAN generator of a class."""

    def __init__(self, size, channels, base):
        super().__init__()
        widths, smallest = _widths(size, base)
        self.embed = nn.Embedding(CLASSES, LABEL_DIM)
        blocks = [nn.ConvTranspose2d(100 + LABEL_DIM, widths[0], smallest, bias=False)]
        for before, after in zip(widths, [*widths[1:], channels], strict=True):
            blocks += [nn.BatchNorm2d(before), nn.ReLU(True), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
        self.body = nn.Sequential(*blocks, nn.Tanh())

    def forward(self, z, label):
        return self.body(torch.cat([z, self.embed(label)], 1)[:, :, None, None])


class Discriminator(nn.Module):
    """DCGAN discriminator that is told the class (`conditional`) or finds it."""

    def __init__(self, size, channels, base, conditional):
        super().__init__()
        widths, smallest = _widths(size, base)
        pairs = list(zip([channels, *widths[:0:-1]], widths[::-1], strict=True))
        self.convolutions = nn.ModuleList(nn.Conv2d(*pair, 4, 2, 1, bias=False) for pair in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _, width in pairs[1:])
        self.tables = nn.ModuleList(nn.Embedding(CLASSES, width) for _, width in pairs) if conditional else None
        self.heads = nn.Linear(widths[0] * smallest**2, 1 if conditional else 1 + CLASSES, bias=False)

    def forward(self, x, label=None):
        for level, convolution in enumerate(self.convolutions):
            x = convolution(x)
            if self.tables is not None:
                x = x + self.tables[level](label)[:, :, None, None]
            x = nn.functional.leaky_relu(self.norms[level - 1](x) if level else x, 0.2)
        logits = self.heads(x.flatten(1))
        return logits if self.tables is not None else (logits[:, :1], logits[:, 1:])


def _data(batch, size, channels):
    real = torch.rand(batch, channels, size, size).mul(2).sub(1).to(memory_format=torch.channels_last)
    return real, torch.arange(batch) % CLASSES


def _adam(networks, *betas):
    for network in networks:
        network.to(memory_format=torch.channels_last)
    return [torch.optim.Adam(network.parameters(), 2e-4, betas) for network in networks]


def conditional_gan(size, channels, batch, base, discriminator_base):
    """A function that trains one step of the conditional DCGAN."""
    generator = Generator(size, channels, base)
    discriminator = Discriminator(size, channels, discriminator_base, True)
    optimizers = _adam((discriminator, generator), 0.5, 0.999)
    real, label = _data(batch, size, channels)

    def step():
        fake = generator(torch.randn(batch, 100), label)
        optimizers[0].zero_grad()
        logits = discriminator(real, label), discriminator(fake.detach(), label)
        (softplus(-logits[0]) + softplus(logits[1])).mean().backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        softplus(-discriminator(fake, label)).mean().backward()
        optimizers[1].step()

    return step


def acgan(size, channels, batch, base, discriminator_base):
    """A function that trains one step of the ACGAN."""
    generator = Generator(size, channels, base)
    discriminator = Discriminator(size, channels, discriminator_base, False)
    optimizers = _adam((discriminator, generator), 0.5, 0.999)
    real, label = _data(batch, size, channels)

    def step():
        fake = generator(torch.randn(batch, 100), label)
        optimizers[0].zero_grad()
        (real_logits, real_classes), (logits, classes) = discriminator(real), discriminator(fake.detach())
        seen = (softplus(-real_logits) + softplus(logits)).mean()
        (seen + cross_entropy(real_classes, label) + cross_entropy(classes, label)).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        logits, classes = discriminator(fake)
        (softplus(-logits).mean() + cross_entropy(classes, label)).backward()
        optimizers[1].step()

    return step


class ConditionalNorm(nn.Module):
    """Batch normalization with a scale and an offset for each class."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm2d(width, affine=False)
        self.gamma, self.beta = nn.Embedding(CLASSES, width), nn.Embedding(CLASSES, width)

    def forward(self, x, label):
        return self.norm(x) * self.gamma(label)[:, :, None, None] + self.beta(label)[:, :, None, None]


class GrowingBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norms = nn.ModuleList(ConditionalNorm(width) for _ in range(2))
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shortcut, self.up = nn.Conv2d(width, width, 1), nn.Upsample(scale_factor=2)

    def forward(self, x, label):
        h = self.convolutions[0](self.up(relu(self.norms[0](x, label))))
        return self.convolutions[1](relu(self.norms[1](h, label))) + self.up(self.shortcut(x))


class ResidualGenerator(nn.Module):
    def __init__(self, size, channels, width):
        super().__init__()
        self.smallest, self.width = 4, width
        self.project = nn.Linear(128, width * self.smallest**2)
        self.blocks = nn.ModuleList(GrowingBlock(width) for _ in range((size // self.smallest).bit_length() - 1))
        self.end = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, channels, 3, padding=1), nn.Tanh())

    def forward(self, z, label):
        x = self.project(z).view(-1, self.width, self.smallest, self.smallest)
        x = x.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x, label)
        return self.end(x)


class ResidualBlock(nn.Module):
    """Block of the discriminator; the first one has no rectifier in front."""

    def __init__(self, before, width, shrinking, first=False):
        super().__init__()
        self.convolutions = nn.ModuleList(spectral_norm(nn.Conv2d(n, width, 3, padding=1)) for n in (before, width))
        self.shortcut = spectral_norm(nn.Conv2d(before, width, 1)) if shrinking else nn.Identity()
        self.pool = nn.AvgPool2d(2) if shrinking else nn.Identity()
        self.first = first

    def forward(self, x):
        h = self.convolutions[0](x if self.first else relu(x))
        return self.pool(self.convolutions[1](relu(h))) + self.shortcut(self.pool(x))


class ProjectionDiscriminator(nn.Module):
    def __init__(self, size, channels, width):
        super().__init__()
        shrinking = max(1, (size // 8).bit_length() - 1)
        blocks = [ResidualBlock(channels, width, True, first=True)]
        blocks += [ResidualBlock(width, width, True) for _ in range(1, shrinking)]
        self.blocks = nn.Sequential(*blocks, *(ResidualBlock(width, width, False) for _ in range(2)))
        self.dense, self.embed = spectral_norm(nn.Linear(width, 1)), spectral_norm(nn.Embedding(CLASSES, width))

    def forward(self, x, label):
        features = relu(self.blocks(x)).sum((2, 3))
        return self.dense(features) + (self.embed(label) * features).sum(1, keepdim=True)


def projection_gan(size, channels, batch, width, discriminator_width, discriminator_steps):
    """A function that trains one step; the batch is that of all the discriminator's steps together."""
    generator = ResidualGenerator(size, channels, width)
    discriminator = ProjectionDiscriminator(size, channels, discriminator_width)
    optimizers = _adam((discriminator, generator), 0.0, 0.9)
    images, labels = _data(batch, size, channels)

    def step():
        for real, label in zip(images.chunk(discriminator_steps), labels.chunk(discriminator_steps), strict=True):
            with torch.no_grad():
                fake = generator(torch.randn(len(real), 128), label)
            optimizers[0].zero_grad()
            logits = discriminator(real, label), discriminator(fake, label)
            (relu(1 - logits[0]) + relu(1 + logits[1])).mean().backward()
            optimizers[0].step()
        optimizers[1].zero_grad()
        (-discriminator(generator(torch.randn(len(real), 128), label), label)).mean().backward()
        optimizers[1].step()

    return step
