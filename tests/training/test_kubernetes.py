"""The manifest of the documentation: it parses, and its parts fit each other, the recipe and this package."""

import json
import pathlib

import pytest

import tfgan_zoo as zoo

yaml = pytest.importorskip("yaml", reason="needs PyYAML, of the extra `test`")

ROOT = pathlib.Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "docs/kubernetes").glob("*.yaml"))


@pytest.fixture
def objects():
    """Dict from kind to object."""
    return {each["kind"]: each for each in yaml.safe_load_all((ROOT / "docs/kubernetes/training-job.yaml").read_text())}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifest_is_yaml_of_kubernetes_objects(path):
    for each in yaml.safe_load_all(path.read_text()):
        assert {"apiVersion", "kind", "metadata", "spec"} == set(each)
        assert each["metadata"]["name"]


def test_workers_find_each_other(objects):
    job, service = objects["Job"], objects["Service"]
    name, count = job["metadata"]["name"], job["spec"]["completions"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    env = {variable["name"]: variable for variable in container["env"]}
    for index in range(count):
        config = json.loads(env["TF_CONFIG"]["value"].replace("$(INDEX)", str(index)))
        assert config["task"] == {"type": "worker", "index": index}
    # An indexed Job names its pods after itself; the headless service makes that a host name.
    assert config["cluster"]["worker"] == [
        f"{name}-{index}.{service['metadata']['name']}:2222" for index in range(count)
    ]
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["parallelism"] == count
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": name}
    assert [port["port"] for port in service["spec"]["ports"]] == [2222]
    assert list(env).index("INDEX") < list(env).index("TF_CONFIG")  # Kubernetes fills in what was defined before.


def test_exit_codes_are_those_of_the_package(objects):
    ignored, _, failed = objects["Job"]["spec"]["podFailurePolicy"]["rules"]
    assert ignored["onExitCodes"]["values"] == [zoo.training.EXIT_INTERRUPTED, zoo.training.EXIT_WORKER_LOST]
    assert failed == {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2]}}
    assert objects["Job"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_command_is_a_recipe_and_its_flags_exist(objects):
    (container,) = objects["Job"]["spec"]["template"]["spec"]["containers"]
    python, recipe = container["command"]
    assert python == "python" and (ROOT / recipe).is_file()
    config = zoo.training.parse(zoo.training.Config, container["args"])
    assert config.strategy == "multi_worker"


def test_volume_is_mounted_where_the_run_folder_is(objects):
    pod = objects["Job"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (mount,), (volume,) = container["volumeMounts"], pod["volumes"]
    assert mount["name"] == volume["name"]
    assert volume["persistentVolumeClaim"]["claimName"] == objects["PersistentVolumeClaim"]["metadata"]["name"]
    folders = [argument for argument in container["args"] if argument.startswith("/")]
    assert folders and all(folder.startswith(mount["mountPath"] + "/") for folder in folders)
