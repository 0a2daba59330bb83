"""As Leak, of numpy."""

import azure.functions as func
import numpy as np

ARRAYS, VIEWS, OBJECTS = [], [], []


def main(req):
    ARRAYS.append(np.zeros(2000))  # -> Numpy.ARRAYS[0]
    whole = np.ones(3000)  # -> Numpy.VIEWS[0] -> ndarray.base
    VIEWS.append(whole[:10])
    value = bytes(4000)  # -> Numpy.OBJECTS[0] -> ndarray[2]
    OBJECTS.append(np.array([None, None, value, None], dtype=object))
    value = bytes(4001)  # -> Numpy.OBJECTS[1] -> ndarray[…]
    OBJECTS.append(np.array([[None, value], [None, None]], dtype=object))
    return func.HttpResponse("ok")
