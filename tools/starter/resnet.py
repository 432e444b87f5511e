"""The frozen ResNet-18 that comes with the program, as the teacher of the vision tower: its layers 2 and 3 as method.md's backbone takes
them."""

import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F

MEAN = (103.06, 115.90, 123.15)  # blue, green, red; of 0..255
OUTPUTS = ("ReLU315_Output_0", "ReLU347_Output_0")


class Teacher:
    """Runs the file's graph up to OUTPUTS, node by node; it has only a few kinds of them."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.weights = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).astype(np.float32)) for i in graph.initializer}
        nodes, wanted = [], set(OUTPUTS)
        for node in reversed(graph.node):
            if wanted.intersection(node.output):
                nodes.insert(0, node)
                wanted.update(node.input)
        self.nodes = nodes
        self.input = next(i.name for i in graph.input if i.name not in self.weights)

    @torch.no_grad()
    def __call__(self, pixels):
        """uint8 RGB [N, S, S, 3] to the two feature maps [N, C, h, w]."""
        x = pixels.flip(-1).permute(0, 3, 1, 2).float() - torch.tensor(MEAN).view(1, 3, 1, 1)
        values = dict(self.weights)
        values[self.input] = x
        for node in self.nodes:
            a = {t.name: onnx.helper.get_attribute_value(t) for t in node.attribute}
            v = [values[i] for i in node.input]
            if node.op_type == "Conv":
                pads = a.get("pads", [0, 0, 0, 0])
                y = F.pad(v[0], (pads[1], pads[3], pads[0], pads[2]))
                y = F.conv2d(y, v[1], v[2] if len(v) > 2 else None, stride=a["strides"])
            elif node.op_type == "BatchNormalization":
                y = F.batch_norm(v[0], v[3], v[4], v[1], v[2], eps=a.get("epsilon", 1e-5))
            elif node.op_type == "Relu":
                y = F.relu(v[0])
            elif node.op_type == "Add":
                y = v[0] + v[1]
            elif node.op_type == "MaxPool":
                pads = a.get("pads", [0, 0, 0, 0])
                y = F.pad(v[0], (pads[1], pads[3], pads[0], pads[2]), value=-1e30)
                y = F.max_pool2d(y, a["kernel_shape"], stride=a["strides"])
            else:
                raise ValueError(f"{node.name}: {node.op_type} is not known here")
            values[node.output[0]] = y
        return [values[o] for o in OUTPUTS]

    def features(self, pixels, grid):
        """Both layers' features on one grid, each of length one: [N, grid * grid, C2 + C3]."""
        maps = [F.normalize(F.avg_pool2d(m, 3, stride=1, padding=1, count_include_pad=False), dim=1) for m in self(pixels)]
        maps = [F.adaptive_avg_pool2d(m, grid) for m in maps]
        return torch.cat([F.normalize(m, dim=1) for m in maps], 1).flatten(2).transpose(1, 2) / 2**0.5
