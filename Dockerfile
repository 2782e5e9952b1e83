# glipv2 with everything that it needs.
#
#   docker build -t glipv2 .
#   docker build -t glipv2:cuda --build-arg BASE=nvidia/cuda:13.0.1-devel-ubuntu24.04 \
#     --build-arg FORCE_CUDA=1 .
#   docker run --rm -p 7860:7860 glipv2 serve --host 0.0.0.0
#
# mmcv's operators are compiled while it is built: minutes on the CPU, longer for CUDA.
ARG BASE=ubuntu:24.04
FROM ${BASE}
ARG TORCH=torch==2.13.0
ARG FORCE_CUDA=0
ENV DEBIAN_FRONTEND=noninteractive FORCE_CUDA=${FORCE_CUDA} TORCH=${TORCH}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        g++ make python3 python3-dev python3-venv libglib2.0-0t64 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/glipv2
COPY . .
RUN make env && rm -rf /root/.cache
ENV PATH=/opt/glipv2/.venv/bin:${PATH}
RUN useradd --create-home user
USER user
WORKDIR /home/user
EXPOSE 7860
ENTRYPOINT ["glipv2"]
CMD ["--help"]
