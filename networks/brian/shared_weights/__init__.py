r"""Synapses that share their weights: a convolution as one Brian 2 object.

:class:`brian2.Synapses` hold one weight per pair of neurons, so a convolution has to be unrolled:
8 million synapses for the kernels of a TextCNN over 25 words, of which 360,000 weights differ. Here
the kernel is held once. When source neuron (p, d) fires, position p and feature d, the row of each
window offset k is added to the targets of window p - k:

    v[p - k, :] += w[k, d, :]     for k = 0 .. width - 1

and likewise over two axes, with strides, padding, dilation, groups of features and a delay
(:class:`ConvolutionalSynapses`). :class:`PoolingSynapses` sum over windows map by map. The neurons
that receive are any :class:`brian2.NeuronGroup`, and the ones that send anything that spikes.

What was tried for the compiled targets (``templates/common/convolve.h``), for 25 words of 300
features in 50 steps, half of the inputs firing, on one core with 32-byte vectors:

==========================================================  ======  ======
order of the loops                                          double  single
==========================================================  ======  ======
spike by spike, a row at a time                              42 ms   22 ms
window by window, sums of 32 maps in registers               33 ms   20 ms
the same, in tiles of 64 features that stay in the cache     20 ms   14 ms
the same, maps in blocks of equal size                       15 ms  8.5 ms
weights in single precision added to double sums             30 ms
==========================================================  ======  ======

The processor adds two vectors a cycle at best: 9 ms in double precision and 4 ms in single. All
orders add the same numbers; sums may differ by rounding.
"""

from networks.brian.shared_weights.base import SharedWeightSynapses
from networks.brian.shared_weights.convolution import ConvolutionalSynapses
from networks.brian.shared_weights.pooling import PoolingSynapses
from networks.brian.shared_weights.sparse import SparseSynapses

__all__ = ["ConvolutionalSynapses", "PoolingSynapses", "SharedWeightSynapses", "SparseSynapses"]
