"""Fields as functions: derivatives, boundary and eigenvalue problems, tangent kernels."""

from inr.science import ntk, ntk_match
from inr.science.activations import ACTIVATIONS, Gaussians, GroupActivation
from inr.science.derivatives import Jet, field_jet
from inr.science.eigenproblems import EIGENPROBLEMS, find_eigenproblem
from inr.science.fourier import Level, levels
from inr.science.jobs import Job, Request
from inr.science.lattice import lattice
from inr.science.network import ResidualNet
from inr.science.plans import NAMES, jobs, run
from inr.science.problems import PROBLEMS, find_problem
from inr.science.training import Recipe

__all__ = [
    "ACTIVATIONS",
    "EIGENPROBLEMS",
    "Gaussians",
    "GroupActivation",
    "Jet",
    "Job",
    "Level",
    "NAMES",
    "PROBLEMS",
    "Recipe",
    "Request",
    "ResidualNet",
    "field_jet",
    "find_eigenproblem",
    "find_problem",
    "jobs",
    "lattice",
    "levels",
    "ntk",
    "ntk_match",
    "run",
]
