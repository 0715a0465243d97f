"""StyleGAN2 and ProGAN in PyTorch, the doubles that `train_step.py` times ours against."""

import math

import torch
from torch import nn
from torch.nn import functional as F

SQRT_2 = math.sqrt(2.0)
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0


class Equalized(nn.Module):
    """Dense layer or convolution whose weights are scaled at run time."""

    def __init__(self, inputs, outputs, size=None, *, gain=1.0, lr=1.0, bias=0.0, stride=1, padding=None, box=None):
        super().__init__()
        shape = (outputs, inputs) if size is None else (outputs, inputs, size, size)
        self.weight = nn.Parameter(torch.randn(shape) / lr)
        self.bias = None if bias is None else nn.Parameter(torch.full((outputs,), bias / lr))
        self.scale, self.lr = gain * lr / math.sqrt(inputs * (size or 1) ** 2), lr
        self.size, self.stride, self.box = size, stride, box
        self.padding = (size or 1) // 2 if padding is None else padding

    def forward(self, x):
        weight, bias = self.weight * self.scale, None if self.bias is None else self.bias * self.lr
        if self.size is None:
            return F.linear(x, weight, bias)
        if self.box is None:
            return F.conv2d(x, weight, bias, self.stride, self.padding)
        weight = F.pad(weight, (1, 1, 1, 1))
        weight = weight[..., 1:, 1:] + weight[..., :-1, 1:] + weight[..., 1:, :-1] + weight[..., :-1, :-1]
        if self.box == "down":
            return F.conv2d(x, weight * 0.25, bias, 2, 1)
        return F.conv_transpose2d(x, weight.transpose(0, 1), bias, 2, 1)


def blur(x, gain=1.0):
    """Separable blur with (1, 3, 3, 1)."""
    channels = x.shape[1]
    taps = (TAPS * math.sqrt(gain)).expand(channels, 1, 4)
    return F.conv2d(F.conv2d(x, taps[..., None], groups=channels), taps[..., None, :], groups=channels)


def normalized(x):
    """Pixel norm."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def leaky(x):
    """Leaky ReLU of slope 0.2."""
    return F.leaky_relu(x, 0.2)


def deviation(x, group=4):
    """Appends the minibatch standard deviation."""
    y = x.reshape(-1, group, *x.shape[1:])
    y = (y.var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return torch.cat([x, y.repeat_interleave(group).reshape(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])], dim=1)


def widths(side, base, most):
    """Sides from 4 on, and channels by side."""
    sides = [2**level for level in range(2, side.bit_length())]
    return sides, {each: min(base // each, most) for each in sides}


class Modulated(nn.Module):
    """Modulated convolution: activations are scaled before and behind one shared kernel."""

    def __init__(self, inputs, outputs, size, style_dim, *, up=False, demodulate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.affine = Equalized(style_dim, inputs, bias=1.0)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))
        self.scale, self.up, self.demodulate = 1.0 / math.sqrt(inputs * size**2), up, demodulate

    def forward(self, x, style, noise=None):
        style, weight = self.affine(style), self.weight * self.scale
        x = x * style[:, :, None, None]
        if self.up:
            x = blur(F.pad(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), (1, 1, 1, 1)), 4.0)
        else:
            x = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        if not self.demodulate:
            return x + self.bias[:, None, None]
        norms = torch.rsqrt(style.square() @ weight.square().sum(dim=(2, 3)).T + 1e-8) * SQRT_2
        x = x * norms[:, :, None, None] + noise * (self.strength * SQRT_2)
        return leaky(x + (self.bias * SQRT_2)[:, None, None])


class Synthesis(nn.Module):
    """StyleGAN2's synthesis network."""

    def __init__(self, side, channels, base, most, style_dim):
        super().__init__()
        self.sides, width = widths(side, base, most)
        self.constant = nn.Parameter(torch.randn(1, width[4], 4, 4))
        self.first = Modulated(width[4], width[4], 3, style_dim)
        pairs = list(zip(self.sides, self.sides[1:], strict=False))
        self.ups = nn.ModuleList(Modulated(width[a], width[b], 3, style_dim, up=True) for a, b in pairs)
        self.convolutions = nn.ModuleList(Modulated(width[b], width[b], 3, style_dim) for _, b in pairs)
        self.to_rgb = nn.ModuleList(
            Modulated(width[each], channels, 1, style_dim, demodulate=False) for each in self.sides
        )

    def forward(self, styles):
        def noise(side):
            return torch.randn(len(styles), 1, side, side)

        x = self.first(self.constant.expand(len(styles), -1, -1, -1), styles[:, 0], noise(4))
        image = self.to_rgb[0](x, styles[:, 1])
        for level, side in enumerate(self.sides[1:]):
            x = self.ups[level](x, styles[:, 2 * level + 1], noise(side))
            x = self.convolutions[level](x, styles[:, 2 * level + 2], noise(side))
            kernel = (4.0 * torch.outer(TAPS, TAPS)).expand(image.shape[1], 1, 4, 4)
            image = F.conv_transpose2d(image, kernel, stride=2, padding=1, groups=image.shape[1])
            image = image + self.to_rgb[level + 1](x, styles[:, 2 * level + 3])
        return image


class Residual(nn.Module):
    """StyleGAN2's discriminator."""

    def __init__(self, side, channels, base, most):
        super().__init__()
        sides, width = widths(side, base, most)
        self.first = Equalized(channels, width[side], 1, gain=SQRT_2)
        pairs = [(width[side], width[side // 2]) for side in reversed(sides[1:])]
        self.blocks = nn.ModuleList(
            nn.ModuleList(
                [
                    Equalized(a, a, 3, gain=SQRT_2),
                    Equalized(a, b, 3, stride=2, padding=0),
                    Equalized(a, b, 1, gain=1 / SQRT_2, bias=None),
                ]
            )
            for a, b in pairs
        )
        self.last = Equalized(width[4] + 1, width[4], 3, gain=SQRT_2)
        self.dense = Equalized(16 * width[4], width[4], gain=SQRT_2)
        self.logit = Equalized(width[4], 1)

    def forward(self, images):
        x = leaky(self.first(images))
        for convolution, down, skip in self.blocks:
            y = leaky(down(blur(F.pad(leaky(convolution(x)), (2, 2, 2, 2)))))
            kernel = torch.outer(TAPS, TAPS).expand(x.shape[1], 1, 4, 4)
            x = y + skip(F.conv2d(F.pad(x, (1, 1, 1, 1)), kernel, stride=2, groups=x.shape[1]))
        x = leaky(self.last(deviation(x)))
        return self.logit(leaky(self.dense(x.flatten(1))))


def stylegan2(side, channels, base, most, style_dim, depth, batch):
    """A function that trains one step of StyleGAN2, without its lazy regularisers."""
    mapping = nn.ModuleList(Equalized(style_dim, style_dim, gain=SQRT_2, lr=0.01) for _ in range(depth))
    synthesis = Synthesis(side, channels, base, most, style_dim)
    discriminator = Residual(side, channels, base, most)
    for network in (synthesis, discriminator):
        network.to(memory_format=torch.channels_last)
    layers = 2 * (side.bit_length() - 2)
    parameters = [*mapping.parameters(), *synthesis.parameters()]
    optimizers = [torch.optim.Adam(p, 2e-3, (0.0, 0.99)) for p in (discriminator.parameters(), parameters)]
    real = torch.rand(batch, channels, side, side).mul(2).sub(1).to(memory_format=torch.channels_last)

    def step():
        w = normalized(torch.randn(2 * batch, style_dim))
        for layer in mapping:
            w = leaky(layer(w))
        crossover = torch.where(torch.rand(batch) < 0.9, torch.randint(1, layers, (batch,)), layers)
        early = (torch.arange(layers)[None] < crossover[:, None])[..., None]
        fake = synthesis(torch.where(early, w[:batch, None], w[batch:, None]))
        optimizers[0].zero_grad()
        (F.softplus(-discriminator(real)) + F.softplus(discriminator(fake.detach()))).mean().backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        F.softplus(-discriminator(fake)).mean().backward()
        optimizers[1].step()

    return step


def progan(side, channels, base, most, latent_dim, batch):
    """A function that trains one step of ProGAN at its final size, gradient penalty and drift included."""
    sides, width = widths(side, base, most)
    dense = Equalized(latent_dim, 16 * width[4], gain=SQRT_2 / 4, bias=None)
    pairs = list(zip([4, *sides], sides, strict=False))
    ups = nn.ModuleList(Equalized(width[a], width[b], 3, gain=SQRT_2, box="up") for a, b in pairs[1:])
    convolutions = nn.ModuleList(Equalized(width[b], width[b], 3, gain=SQRT_2) for _, b in pairs)
    to_rgb = Equalized(width[side], channels, 1)
    from_rgb = Equalized(channels, width[side], 1, gain=SQRT_2)
    downs = [(width[each], width[each // 2]) for each in reversed(sides[1:])]
    keeps = nn.ModuleList(Equalized(a, a, 3, gain=SQRT_2) for a, _ in downs)
    shrinks = nn.ModuleList(Equalized(a, b, 3, gain=SQRT_2, box="down") for a, b in downs)
    last = Equalized(width[4] + 1, width[4], 3, gain=SQRT_2)
    hidden, logit = Equalized(16 * width[4], width[4], gain=SQRT_2), Equalized(width[4], 1)
    painter = nn.ModuleList([dense, ups, convolutions, to_rgb]).to(memory_format=torch.channels_last)
    judge = nn.ModuleList([from_rgb, keeps, shrinks, last, hidden, logit]).to(memory_format=torch.channels_last)
    optimizers = [torch.optim.Adam(network.parameters(), 1e-3, (0.0, 0.99)) for network in (judge, painter)]
    real = torch.rand(batch, channels, side, side).mul(2).sub(1).to(memory_format=torch.channels_last)

    def generate(z):
        x = normalized(leaky(dense(normalized(z)).reshape(len(z), -1, 4, 4)))
        for level, convolution in enumerate(convolutions):
            x = normalized(leaky(ups[level - 1](x))) if level else x
            x = normalized(leaky(convolution(x)))
        return to_rgb(x)

    def critic(images):
        x = leaky(from_rgb(images))
        for keep, shrink in zip(keeps, shrinks, strict=True):
            x = leaky(shrink(leaky(keep(x))))
        return logit(leaky(hidden(leaky(last(deviation(x))).flatten(1))))

    def step():
        fake = generate(torch.randn(batch, latent_dim))
        optimizers[0].zero_grad()
        real_logits, fake_logits = critic(real), critic(fake.detach())
        mix = torch.rand(batch, 1, 1, 1)
        between = (mix * real + (1 - mix) * fake.detach()).requires_grad_()
        (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = 10.0 * ((slopes.square().sum(dim=(1, 2, 3)) + 1e-12).sqrt() - 1.0).square()
        ((fake_logits - real_logits + 0.001 * real_logits.square())[:, 0] + penalty).mean().backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        (-critic(fake)).mean().backward()
        optimizers[1].step()

    return step
