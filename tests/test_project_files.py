"""The files around the code: they parse, and what they name is there."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from glipv2.version import __version__

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / '.github' / 'workflows').glob('*.yml'))
FORMS = sorted((ROOT / '.github' / 'ISSUE_TEMPLATE').glob('*.yml'))
TARGETS = set(re.findall(r'^([\w-]+):', (ROOT / 'Makefile').read_text(), re.MULTILINE))


def lines_of(workflow: dict) -> list[str]:
    """List the shell lines of all steps."""
    steps = [step for job in workflow['jobs'].values() for step in job['steps']]
    return [x for step in steps for x in step.get('run', '').splitlines()]


@pytest.mark.parametrize('file', WORKFLOWS, ids=lambda x: x.name)
def test_workflows(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow['permissions'] == {'contents': 'read'}
    assert True in workflow  # YAML reads the key `on` as true
    for job in workflow['jobs'].values():
        assert job['timeout-minutes'] <= 90
        for step in job['steps']:
            assert ('uses' in step) != ('run' in step)
            if 'uses' in step:
                assert re.fullmatch(r'[\w.-]+/[\w.-]+@(v\d+|release/v1)', step['uses'])
    named = re.findall(r'\bmake ([a-z]+)', '\n'.join(lines_of(workflow)))
    assert set(named) <= TARGETS
    paths = re.findall(r'projects/[\w/.]+\w', file.read_text())
    assert all((ROOT / path).exists() for path in paths)


def test_the_version_is_read_as_the_release_does() -> None:
    text = (ROOT / '.github/workflows/release.yml').read_text()
    command = re.search(r'version=\$\((sed .*)\)$', text, re.MULTILINE)[1]
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == __version__


@pytest.mark.parametrize('file', FORMS, ids=lambda x: x.name)
def test_issue_forms(file: Path) -> None:
    form = yaml.safe_load(file.read_text())
    assert form['name'] and form['description']
    ids = [field['id'] for field in form['body']]
    assert len(set(ids)) == len(ids) > 0
    assert all(field['attributes']['label'] for field in form['body'])


def test_citation() -> None:
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    for key in ('cff-version', 'message', 'title', 'authors', 'license'):
        assert citation[key]
    paper = citation['preferred-citation']
    assert paper['year'] == 2022
    assert all(set(x) == {'family-names', 'given-names'} for x in paper['authors'])


def test_read_the_docs() -> None:
    config = yaml.safe_load((ROOT / '.readthedocs.yaml').read_text())
    assert config['version'] == 2
    lines = [
        *config['build']['jobs']['install'],
        *config['build']['jobs']['build']['html'],
    ]
    assert set(re.findall(r'make ([a-z]+)', '\n'.join(lines))) <= TARGETS


def test_docker_files() -> None:
    text = (ROOT / 'Dockerfile').read_text()
    for line in re.findall(r'^COPY (\S+) ', text, re.MULTILINE):
        assert (ROOT / line).exists()
    assert set(re.findall(r'^RUN make ([a-z]+)', text, re.MULTILINE)) <= TARGETS
    arguments = set(re.findall(r'^ARG (\w+)', text, re.MULTILINE))
    assert {'BASE', 'TORCH', 'FORCE_CUDA'} <= arguments
    torch = re.search(r'^ARG TORCH=(\S+)', text, re.MULTILINE)[1]
    assert f'TORCH ?= {torch}' in (ROOT / 'Makefile').read_text()
    ignored = (ROOT / '.dockerignore').read_text().split()
    assert {'.git', '.venv', 'data', 'work_dirs'} <= set(ignored)
    container = json.loads((ROOT / '.devcontainer/devcontainer.json').read_text())
    place = ROOT / '.devcontainer' / container['build']['dockerfile']
    assert place.resolve() == ROOT / 'Dockerfile'


def test_nothing_names_a_machine_or_a_registry() -> None:
    files = [*WORKFLOWS, ROOT / 'Dockerfile', ROOT / '.readthedocs.yaml']
    for file in files:
        assert not re.search(r'https?://|/home/(?!user)', file.read_text()), file
