"""pix2pix and CycleGAN in PyTorch: the same networks and steps as the zoo's, to be timed beside them."""

import random


def _unet(taken, made, base, levels):
    """U-Net with instance normalisation, as `tfgan_zoo.networks.unet.generator`."""
    import torch
    from torch import nn

    widths = [base * min(2**level, 8) for level in range(levels)]

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            ins = [taken, *widths[:-1]]
            self.downs = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in zip(ins, widths, strict=True))
            normed = range(1, levels - 1)
            self.down_norms = nn.ModuleDict(
                {str(level): nn.InstanceNorm2d(widths[level], affine=True) for level in normed}
            )
            self.ups = nn.ModuleList(
                nn.ConvTranspose2d(
                    widths[level + 1] * (1 if level == levels - 2 else 2), widths[level], 4, 2, 1, bias=False
                )
                for level in reversed(range(levels - 1))
            )
            self.up_norms = nn.ModuleList(
                nn.InstanceNorm2d(widths[level], affine=True) for level in reversed(range(levels - 1))
            )
            self.last = nn.ConvTranspose2d(2 * base, made, 4, 2, 1)

        def forward(self, x):
            maps = []
            for level, down in enumerate(self.downs):
                x = down(nn.functional.leaky_relu(x, 0.2) if level else x)
                x = self.down_norms[str(level)](x) if str(level) in self.down_norms else x
                maps.append(x)
            x = torch.relu(maps.pop())
            for index, (up, norm) in enumerate(zip(self.ups, self.up_norms, strict=True)):
                x = norm(up(x))
                x = nn.functional.dropout(x, 0.5) if index < 3 else x
                x = torch.relu(torch.cat([maps.pop(), x], 1))
            return torch.tanh(self.last(x))

    return UNet()


def _patch(channels, base, halvings, affine):
    """PatchGAN, as `tfgan_zoo.networks.patch.discriminator`."""
    from torch import nn

    layers, before = [], channels
    for level in range(halvings + 1):
        width = base * min(2**level, 8)
        layers.append(nn.Conv2d(before, width, 4, 2 if level < halvings else 1, 1, bias=level == 0 or not affine))
        layers += [nn.InstanceNorm2d(width, affine=affine)] if level else []
        layers.append(nn.LeakyReLU(0.2, True))
        before = width
    return nn.Sequential(*layers, nn.Conv2d(before, 1, 4, 1, 1))


def _residual(channels, base, blocks):
    """Residual translator, as `tfgan_zoo.networks.residual_translator.generator`."""
    from torch import nn

    def conv(a, b, kernel, stride=1, reflect=0, pad=0):
        first = [nn.ReflectionPad2d(reflect)] if reflect else []
        return [*first, nn.Conv2d(a, b, kernel, stride, pad), nn.InstanceNorm2d(b)]

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.inside = nn.Sequential(*conv(width, width, 3, 1, 1), nn.ReLU(True), *conv(width, width, 3, 1, 1))

        def forward(self, x):
            return x + self.inside(x)

    layers = [*conv(channels, base, 7, 1, 3), nn.ReLU(True)]
    for width in (base, 2 * base):
        layers += [*conv(width, 2 * width, 3, 2, 0, 1), nn.ReLU(True)]
    layers += [Block(4 * base) for _ in range(blocks)]
    for width in (4 * base, 2 * base):
        layers += [nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1), nn.InstanceNorm2d(width // 2), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(base, channels, 7), nn.Tanh())


def _adam(*networks):
    import torch

    return torch.optim.Adam([p for network in networks for p in network.parameters()], 2e-4, (0.5, 0.999))


def pix2pix(size, base, levels, halvings, batch):
    """A function that trains one step of pix2pix on a fixed batch."""
    import torch
    from torch import nn

    generator, discriminator = _unet(3, 3, base, levels), _patch(6, base, halvings, affine=True)
    optimizers = _adam(discriminator), _adam(generator)
    x, y = (torch.rand(batch, 3, size, size) * 2 - 1 for _ in range(2))
    softplus = nn.functional.softplus

    def step():
        fake = generator(x)
        optimizers[0].zero_grad()
        real_logits = discriminator(torch.cat([x, y], 1))
        fake_logits = discriminator(torch.cat([x, fake.detach()], 1))
        (0.5 * (softplus(-real_logits).mean() + softplus(fake_logits).mean())).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        adversarial = softplus(-discriminator(torch.cat([x, fake], 1))).mean()
        (adversarial + 100.0 * (y - fake).abs().mean()).backward()
        optimizers[1].step()

    return step


def cyclegan(size, base, blocks, halvings, batch):
    """A function that trains one step of CycleGAN, with identity loss and pools, on a fixed batch."""
    import torch

    there, back = (_residual(3, base, blocks) for _ in "AB")
    judges = [_patch(3, base, halvings, affine=False) for _ in "AB"]
    optimizers = _adam(there, back), _adam(*judges)
    a, b = (torch.rand(batch, 3, size, size) * 2 - 1 for _ in range(2))
    pools = [], []

    def recall(pool, images):
        given = []
        for image in images.detach():
            if len(pool) < 50:
                pool.append(image)
                given.append(image)
            elif random.random() < 0.5:
                place = random.randrange(50)
                given.append(pool[place])
                pool[place] = image
            else:
                given.append(image)
        return torch.stack(given)

    def step():
        optimizers[0].zero_grad()
        for judge in judges:
            judge.requires_grad_(False)
        fake_b, fake_a = there(a), back(b)
        loss = ((judges[1](fake_b) - 1) ** 2).mean() + ((judges[0](fake_a) - 1) ** 2).mean()
        loss = loss + 10.0 * ((back(fake_b) - a).abs().mean() + (there(fake_a) - b).abs().mean())
        loss = loss + 5.0 * ((there(b) - b).abs().mean() + (back(a) - a).abs().mean())
        loss.backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        for judge, real, fake, pool in zip(judges, (a, b), (fake_a, fake_b), pools, strict=True):
            judge.requires_grad_(True)
            past = recall(pool, fake)
            (0.5 * (((judge(real) - 1) ** 2).mean() + (judge(past) ** 2).mean())).backward()
        optimizers[1].step()

    return step
