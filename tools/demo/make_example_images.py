"""Make the demo's images anew: projects/glipv2/assets/examples."""

from glipv2.quickstart.examples import write_images

if __name__ == '__main__':
    write_images()
