"""The part of Trainboard that trains: no Django in it, so it installs alone on a training machine."""
