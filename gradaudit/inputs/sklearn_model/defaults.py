"""What scikit-learn's constructors take for arguments that are not given, for objects read from files."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

_MLP = """hidden_layer_sizes=(100,), activation='relu', solver='adam', alpha=0.0001, batch_size='auto',
    learning_rate='constant', learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True, random_state=None,
    tol=0.0001, verbose=False, warm_start=False, momentum=0.9, nesterovs_momentum=True, early_stopping=False,
    validation_fraction=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-08, n_iter_no_change=10, max_fun=15000"""
_BAGGING = """estimator=None, n_estimators=10, max_samples=None, max_features=1.0, bootstrap=True,
    bootstrap_features=False, oob_score=False, warm_start=False, n_jobs=None, random_state=None, verbose=0"""
_CONSTRUCTORS = f"""
MLPClassifier({_MLP})
MLPRegressor(loss='squared_error', {_MLP})
Pipeline(steps=None, memory=None, verbose=False)
BaggingClassifier({_BAGGING})
BaggingRegressor({_BAGGING})
VotingClassifier(estimators=None, voting='hard', weights=None, n_jobs=None, flatten_transform=True)
VotingRegressor(estimators=None, weights=None, n_jobs=None)
StackingClassifier(estimators=None, final_estimator=None, cv=None, stack_method='auto', n_jobs=None, passthrough=False)
StackingRegressor(estimators=None, final_estimator=None, cv=None, n_jobs=None, passthrough=False)
CalibratedClassifierCV(estimator=None, method='sigmoid', cv=None, n_jobs=None)
TransformedTargetRegressor(regressor=None, transformer=None, func=None, inverse_func=None, check_inverse=True)
StandardScaler(copy=True, with_mean=True, with_std=True)
MinMaxScaler(feature_range=(0, 1), copy=True, clip=False)
MaxAbsScaler(copy=True)
RobustScaler(with_centering=True, with_scaling=True, quantile_range=(25.0, 75.0), copy=True, unit_variance=False)
SimpleImputer(missing_values=nan, strategy='mean', fill_value=None, copy=True, add_indicator=False,
    keep_empty_features=False)
PCA(n_components=None, copy=True, whiten=False, svd_solver='auto', tol=0.0, iterated_power='auto', random_state=None)
"""


def _value(node: ast.expr) -> Any:  # noqa: ANN401 - whatever a constructor takes
    return float(node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)


DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    ast.unparse(call.func): {str(each.arg): _value(each.value) for each in call.keywords}
    for call in ast.walk(ast.parse(_CONSTRUCTORS))
    if isinstance(call, ast.Call)
}
"""Class → argument → value, in the order of the constructors (scikit-learn 1.4 to 1.9)."""
