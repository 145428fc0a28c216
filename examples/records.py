"""Records: the fields of one example change together, so that sound fits film and caption fits picture."""

import numpy as np
import torch

import augreg

# A film in which frame 12 flashes, and a sound track that clicks in the middle of the time for which it is shown. Films
# change at whole frames only, sound anywhere: a click just as the flash begins may end up half a frame beside it.
film = torch.zeros(24, 3, 32, 32, dtype=torch.uint8)
film[12] = 255
sound = torch.zeros(1, 16000)
sound[0, round(12.5 / 24 * 16000)] = 1.0
clips = [{"film": augreg.Video(film, fps=24.0), "sound": (sound, 16000), "id": i} for i in range(4)]

together = augreg.Pipeline(
    {"record": [{"av.speed": {"factor": [0.7, 1.4]}}, {"av.temporal_crop": {"fraction": [0.7, 0.9]}}, "av.reverse"]}
)
for record in augreg.augment(clips, together, seed=7):
    flash = np.flatnonzero(record["film"].data.amax(dim=(1, 2, 3)))
    wave, rate = record["sound"]
    if len(flash) and wave.max() > 0.2:
        shown = f"{flash[0] / 24:.3f} to {(flash[-1] + 1) / 24:.3f} s"
        print(f"flash {shown}, click {int(wave.argmax()) / rate:.3f} s")

# A picture and its caption. The second caption quotes a text, so its picture is never mirrored.
picture = torch.zeros(3, 32, 64, dtype=torch.uint8)
picture[0, :, :32] = 220
captions = ["a red ball left of a white wall", 'a sign on the left that says "exit"']
pairs = [{"image": picture, "caption": caption, "id": i} for i, caption in enumerate(captions)]

schema = {"image": "image", "caption": "text"}
steps = [{"image_text.hflip": {"p": 1.0}}, {"image_text.color": {"change": "turn"}}]
out, trace = augreg.augment(pairs, augreg.Pipeline({"record": steps}, schema=schema), seed=1, return_trace=True)
for record, traced in zip(out, trace, strict=True):
    print(record["caption"], "|", [(step["step"], step["params"]) for step in traced["caption"].steps])
