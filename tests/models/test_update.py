"""One optimizer step by hand: reduction, parts, regularizers, loss scaling, replicas."""

import collections
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.grappler import tf_optimizer

import tfgan_zoo as zoo
from tfgan_zoo.models.update import Update

X = np.array([[1.0], [3.0], [5.0], [11.0]], "float32")  # Mean 5.


def network(weight=3.0, **options):
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, **options)])
    made.set_weights([np.array([[weight]])])
    return made


def weight_of(net):
    return float(net.weights[0].numpy()[0, 0])


def step(net, batches, optimizer=None):
    """One step with learning rate 1 on the loss `w x`, whose gradient is the mean of x."""
    optimizer = keras.optimizers.SGD(1.0) if optimizer is None else optimizer
    optimizer.build(net.trainable_variables)
    with Update(optimizer, [net], len(batches)) as update:
        for x in batches:
            with tf.GradientTape() as tape:
                loss = net(x)[:, 0]
            update.add(loss, tape)
    return optimizer


def test_gradient_is_that_of_the_mean_over_the_batch():
    net = network()
    optimizer = step(net, [X])
    assert weight_of(net) == pytest.approx(3.0 - 5.0)
    assert int(optimizer.iterations.numpy()) == 1


def test_parts_are_averaged_and_applied_once():
    net = network()
    optimizer = step(net, [X[:2], X[2:]])
    assert weight_of(net) == pytest.approx(3.0 - 5.0)
    assert int(optimizer.iterations.numpy()) == 1


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_regularizers_count_once(parts):
    net = network(kernel_regularizer=keras.regularizers.L2(0.1))
    step(net, np.split(X, parts))
    # d/dw 0.1 w^2 = 0.6 at w = 3, beside the mean 5 of the data.
    assert weight_of(net) == pytest.approx(3.0 - 5.0 - 0.6)


def test_regularizers_of_other_networks_do_not_count():
    moved, other = network(), network(kernel_regularizer=keras.regularizers.L2(0.1))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(moved.trainable_variables)
    with Update(optimizer, [moved], 1) as update:
        with tf.GradientTape() as tape:
            loss = other(moved(X))[:, 0]
        update.add(loss, tape)
    assert weight_of(moved) == pytest.approx(3.0 - 3.0 * 5.0)
    assert weight_of(other) == 3.0


def test_one_optimizer_moves_several_networks():
    nets = [network(1.0), network(2.0)]
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([net.trainable_variables[0] for net in nets])
    with Update(optimizer, nets, 1) as update:
        with tf.GradientTape() as tape:
            loss = nets[0](X)[:, 0] - 2.0 * nets[1](X)[:, 0]
        update.add(loss, tape)
    assert [weight_of(net) for net in nets] == pytest.approx([1.0 - 5.0, 2.0 + 10.0])


def test_loss_scaling_leaves_the_step_as_it_is():
    net = network()
    step(net, [X[:2], X[2:]], keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0)))
    assert weight_of(net) == pytest.approx(3.0 - 5.0)


def test_a_part_without_a_gradient_adds_nothing():
    nets = [network(1.0), network(2.0)]
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([net.trainable_variables[0] for net in nets])
    with Update(optimizer, nets, 2) as update:
        for used in nets:  # Each part uses one of the two.
            with tf.GradientTape() as tape:
                loss = used(X)[:, 0]
            update.add(loss, tape)
    assert [weight_of(net) for net in nets] == pytest.approx([1.0 - 2.5, 2.0 - 2.5])


def test_tape_may_be_entered_again():
    net = network()
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(net.trainable_variables)
    with tf.GradientTape() as tape:
        outputs = net(X)
    with Update(optimizer, [net], 1) as update:
        with tape:
            loss = 2.0 * outputs[:, 0]
        update.add(loss, tape)
    assert weight_of(net) == pytest.approx(3.0 - 10.0)


def test_an_error_inside_applies_nothing():
    net = network()
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(net.trainable_variables)
    with pytest.raises(RuntimeError, match="halfway"), Update(optimizer, [net], 2) as update:
        with tf.GradientTape() as tape:
            loss = net(X)[:, 0]
        update.add(loss, tape)
        raise RuntimeError("halfway")
    assert weight_of(net) == 3.0
    assert int(optimizer.iterations.numpy()) == 0


def test_two_replicas_step_as_one(two_replicas):
    with two_replicas.scope():
        net = network(kernel_regularizer=keras.regularizers.L2(0.1))
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(net.trainable_variables)

    on_halves(two_replicas, optimizer, [net], lambda x: net(x)[:, 0])
    assert weight_of(net) == pytest.approx(3.0 - 5.0 - 0.6)


def on_halves(strategy, optimizer, nets, loss):
    """One step of two replicas, each with half of the batch."""

    def replica_step(x):
        with Update(optimizer, nets, 1) as update:
            with tf.GradientTape() as tape:
                losses = loss(x)
            update.add(losses, tape)

    halves = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(X, 2)[context.replica_id_in_sync_group])
    )
    tf.function(lambda: strategy.run(replica_step, (halves,)))()


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    ("options", "moved"),
    [
        # Of the halves of the batch 2 and 8 by the first weight, -0.5 and -3.5 by the second; of all 5 and -2.
        ({"clipvalue": 1.5}, (1.5, -1.5)),
        ({"clipnorm": 1.5}, (1.5, -1.5)),
        ({"global_clipnorm": 1.5}, (1.5 * 5 / 29**0.5, -1.5 * 2 / 29**0.5)),
        ({"clipnorm": 6.0}, (5.0, -2.0)),
    ],
)
def test_two_replicas_clip_the_gradient_that_one_would(two_replicas, options, moved, scaled):
    with two_replicas.scope():
        nets = [network(), network()]
        optimizer = keras.optimizers.SGD(1.0, **options)
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build([variable for net in nets for variable in net.trainable_variables])
    # The second weight sees (1 - x) / 2: of the halves -0.5 and -3.5, of all -2.
    on_halves(two_replicas, optimizer, nets, lambda x: (nets[0](x) + nets[1](0.5 - 0.5 * x))[:, 0])
    assert [3.0 - weight_of(net) for net in nets] == pytest.approx(moved, rel=1e-5)


def test_rows_of_a_table_add_up_over_parts():
    """Of a table only the rows that were looked up have gradients: 1/4 for each time."""
    label = keras.Input((), dtype="int32")
    net = keras.Model(label, keras.layers.Embedding(3, 1, embeddings_initializer="zeros")(label))
    step(net, [np.array([0, 2]), np.array([0, 0])])
    assert net.get_weights()[0].ravel().tolist() == [-0.75, 0.0, -0.25]


def optimized(function):
    """The graph of a traced function as TensorFlow runs it on a CPU, a dict from name to node."""
    with function.graph.as_default():
        meta_graph = tf.compat.v1.train.export_meta_graph(graph=function.graph)
    kept = [tensor.op.name for tensor in function.graph.outputs] + [op.name for op in function.graph.control_outputs]
    meta_graph.collection_def["train_op"].node_list.value.extend(kept)
    graph = tf_optimizer.OptimizeGraph(tf.compat.v1.ConfigProto(), meta_graph)
    return {node.name: node for node in graph.node}


def before(nodes, name):
    """Names of all nodes that a node waits for."""
    found, waiting = set(), [name]
    while waiting:
        sources = {source.lstrip("^").split(":")[0] for source in nodes[waiting.pop()].input} - found
        found |= sources
        waiting.extend(sources)
    return found


def test_every_pass_reads_before_the_update_that_follows():
    """A penalty's derivative by a bias is zero; the update of that bias must wait for it all the same."""
    gan = zoo.models.GAN(
        zoo.networks.mlp.generator((3, 2, 1), latent_dim=4, units=(6,)),
        zoo.networks.mlp.discriminator((3, 2, 1), units=(5, 4), pieces=3, input_dropout=0.0, dropout=0.0),
        discriminator_steps=2,
        penalty="gradient_penalty",
        penalty_weight=0.5,
    )
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    nodes = optimized(tf.function(gan.train_step).get_concrete_function(tf.zeros((4, 3, 2, 1))))
    uses = collections.defaultdict(list)
    for node in nodes.values():
        if node.op in ("ReadVariableOp", "AssignSubVariableOp"):
            uses[node.input[0]].append(node)
    unordered, seen = [], 0
    for users in uses.values():
        ancestors = {node.name: before(nodes, node.name) for node in users}
        for read, write in itertools.product(users, repeat=2):
            if read.op == "ReadVariableOp" and write.op == "AssignSubVariableOp":
                seen += 1
                if read.name not in ancestors[write.name] and write.name not in ancestors[read.name]:
                    unordered.append((read.name, write.name))
    assert seen > 30
    assert unordered == []
